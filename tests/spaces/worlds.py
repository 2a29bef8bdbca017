"""Made-up landscapes for tests: one small place by hand, and random ones grown by the verbs themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st

from spaces import changes
from spaces.access import Standing
from spaces.errors import Refusal
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Coordinator, Kind

BOT = UserId("@hedgerow:hs.test")
PEOPLE = tuple(UserId(f"@{name}:hs.test") for name in ("ada", "ben", "cat", "dan"))
moderate = settings(max_examples=100, deadline=None)
NAMES = ("Arts", "Health", "Somerset", "Arts UK", "Ünïon", "Сад")


class CountedIds:
    """Ids one after the other, so that a failing example is the same when it is run again."""

    def __init__(self) -> None:
        self._count = 0

    def _next(self) -> int:
        self._count += 1
        return self._count

    def network(self, *_: object) -> NetworkId:
        return NetworkId.of_bytes(self._next().to_bytes(10, "big"))

    def group(self, *_: object) -> GroupId:
        return GroupId.of_bytes(self._next().to_bytes(10, "big"))

    def suffix(self) -> str:
        return f"{self._next():04d}"


def network(
    landscape: Landscape,
    ids: CountedIds,
    name: str,
    *,
    under: Sequence[NetworkId] = (),
    access: Access = Access.PUBLIC,
    ask: bool = False,
    listed: bool = False,
    by: Iterable[UserId] = (),
) -> tuple[Landscape, NetworkId]:
    """A network whose parents have all agreed."""
    return changes.create_network(
        landscape,
        ids,
        name=name,
        under=under,
        agreed=under,
        access=access,
        ask=ask,
        listed=listed,
        coordinators=by,
    )


def bridged(
    landscape: Landscape, ids: CountedIds, parents: Sequence[NetworkId], agreed: Sequence[NetworkId]
) -> tuple[Landscape, NetworkId]:
    """A bridge between `parents`, asked for by the first of all people; those who have agreed have."""
    return changes.create_network(
        landscape,
        ids,
        name="Both",
        kind=Kind.BRIDGE,
        under=parents,
        agreed=agreed,
        by=PEOPLE[0],
        coordinators=PEOPLE[:1],
    )


def group_named(landscape: Landscape, home: NetworkId, name: str) -> GroupId:
    return next(g.id for g in landscape.groups_of(home) if g.name == name)


# -- random ones ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One thing that somebody does; which places it is done to, the numbers choose among those there are."""

    verb: str
    first: int
    second: int
    access: Access
    yes: bool
    no: bool


VERBS = (
    *("network", "network", "network", "ecosystem", "bridge", "group", "group", "link", "link", "unlink"),
    *("accept", "decline", "share", "unshare", "accept_share", "archive", "restore", "rename", "describe"),
    *("add", "remove", "forget"),
)


def story(letters: bytes) -> list[Step]:
    """Four of them make a step."""
    accesses = list(Access)
    fours = zip(letters[::4], letters[1::4], letters[2::4], letters[3::4], strict=False)
    return [
        Step(VERBS[verb % len(VERBS)], first, second, accesses[rest % 3], bool(rest & 16), bool(rest & 32))
        for verb, first, second, rest in fours
    ]


stories = st.sampled_from(range(0, 160, 4)).flatmap(lambda n: st.binary(min_size=n, max_size=n)).map(story)
"""What happens to a landscape, one step after the other; of bytes, since those are quick to draw."""


def grown(landscape: Landscape, ids: CountedIds, steps: Iterable[Step]) -> Landscape:
    """`landscape` after all of `steps`; what is refused is left out."""
    for step in steps:
        try:
            landscape = _after(landscape, ids, step)
        except Refusal:
            continue
    return landscape


def _after(landscape: Landscape, ids: CountedIds, step: Step) -> Landscape:
    networks, groups = list(landscape.networks), list(landscape.groups)
    person, name = PEOPLE[step.second % len(PEOPLE)], NAMES[step.second % len(NAMES)]
    if step.verb in ("network", "ecosystem", "bridge"):
        return _founded(landscape, ids, step, networks, name, person)
    one, other = networks[step.first % len(networks)], networks[step.second % len(networks)]
    group = groups[step.first % len(groups)]
    place: PlaceId = one if step.yes else group
    match step.verb:
        case "group":
            made, _ = changes.create_group(
                landscape,
                ids,
                name=name,
                home=one,
                access=step.access,
                ask=step.yes,
                listed=step.no,
                encrypted=step.yes and step.no,
                topic="made up" * step.no,
            )
            return made
        case "link":
            return changes.link(landscape, one, other, parent_agrees=step.yes, child_agrees=step.no)
        case "unlink" | "accept" | "decline":
            return _of_link(landscape, step)
        case "share":
            talk = [g.id for g in landscape.groups.values() if not g.is_kit]
            group = talk[step.first % len(talk)]
            return changes.share(landscape, group, other, home_agrees=True, network_agrees=step.yes)
        case "unshare" | "accept_share":
            return _of_share(landscape, step)
        case "archive":
            return changes.archive(landscape, place)
        case "restore":
            return changes.restore(landscape, place)
        case "rename":
            return changes.rename(landscape, ids, place, name)
        case "describe":
            topic = "described" if step.first % 2 else ""
            return changes.describe(
                landscape, ids, place, topic=topic, access=step.access, ask=step.yes, listed=step.no
            )
        case "add":
            return changes.add_coordinator(landscape, one, person)
        case "remove":
            return changes.remove_coordinator(landscape, one, person)
        case _:
            return landscape.having(Coordinator(one, person, former=True))


def _of_link(landscape: Landscape, step: Step) -> Landscape:
    links = list(landscape.links)
    if not links:
        return landscape
    parent, child = links[step.first % len(links)]
    if step.verb == "accept":
        return changes.accept(landscape, parent, child, for_child=step.no)
    return (changes.unlink if step.verb == "unlink" else changes.decline)(landscape, parent, child)


def _of_share(landscape: Landscape, step: Step) -> Landscape:
    shares = list(landscape.shares)
    if not shares:
        return landscape
    group, network_ = shares[step.first % len(shares)]
    if step.verb == "accept_share":
        return changes.accept_share(landscape, group, network_)
    return changes.unshare(landscape, group, network_)


def _founded(
    landscape: Landscape, ids: CountedIds, step: Step, networks: list[NetworkId], name: str, by: UserId
) -> Landscape:
    parents = [networks[n % len(networks)] for n in (step.first, step.second)] if networks else []
    if step.verb != "bridge":
        parents = parents[: step.first % 2]
    made, _ = changes.create_network(
        landscape,
        ids,
        name=name,
        kind=Kind(step.verb),
        access=None if step.verb == "bridge" and step.yes else step.access,
        ask=step.yes,
        listed=step.no,
        under=parents,
        agreed=parents if step.yes else parents[:1],
        by=by,
        coordinators=[by] * step.no,
    )
    return made


def beginnings(ids: CountedIds) -> Landscape:
    """Three networks, one under another, and a group in each: something for a story to happen to."""
    landscape, made = Landscape(), []
    for name, access in (("Somerset", Access.PUBLIC), ("Arts", Access.PRIVATE), ("Quiet", Access.INVITE)):
        landscape, new = network(
            landscape, ids, name, under=made[-1:], access=access, by=PEOPLE[len(made) :][:1]
        )
        landscape, _ = changes.create_group(landscape, ids, name=f"{name} talk", home=new, access=access)
        made.append(new)
    return landscape


@st.composite
def landscapes(draw: st.DrawFn) -> Landscape:
    ids = CountedIds()
    return grown(beginnings(ids), ids, draw(stories))


@st.composite
def changed_landscapes(draw: st.DrawFn) -> tuple[Landscape, Landscape]:
    """A landscape and what became of it."""
    ids = CountedIds()
    before = grown(beginnings(ids), ids, draw(stories))
    return before, grown(before, ids, draw(stories))


@st.composite
def seen_landscapes(draw: st.DrawFn) -> tuple[Landscape, Standing]:
    """A landscape and somebody who looks at it, who is no admin."""
    landscape = draw(landscapes())
    places = [*landscape.networks, *landscape.groups]
    some = st.frozensets(st.sampled_from(places), max_size=3) if places else st.just(frozenset())
    user = draw(st.sampled_from([*PEOPLE, UserId("@stranger:elsewhere.test")]))
    return landscape, Standing(user, joined=draw(some), invited=draw(some))
