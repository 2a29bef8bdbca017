"""Taking a change back: its inverse, made on the landscape as it stands now, or the reason why not.

Never an old landscape as a whole: what others have changed since stays, and where that stands on what
is to be taken back, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from spaces import changes
from spaces.bans import ban
from spaces.changes import Ids
from spaces.deeds import Deed
from spaces.differences import Changed, Presence
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.network import EVERYWHERE, Banned, Coordinator, Group, Link, Network, Share, Status
from spaces.sentences import Sentence, sentence

_WORDS = (
    *("topic", "access", "ask", "listed", "language", "questions", "grace_days", "offers_groups"),
    "timezone",
)
_ASLEEP_OR_AWAKE = {Status.ACTIVE, Status.ARCHIVED}
_DERIVED = ("slug", "canonical")
_NOTHING = sentence("Entry {number} changed nothing that could be undone.")


@dataclass(frozen=True, slots=True)
class Needed:
    """A deed that the speaker must be allowed to do in one of `places`; EVERYWHERE is for admins."""

    deed: Deed
    places: tuple[PlaceId, ...]


@dataclass(frozen=True, slots=True)
class Undoing:
    """Who undoes: for which networks they may agree, what they may see, and whom nobody can ban."""

    by: UserId
    agrees: Callable[[NetworkId], bool]
    may_name: Callable[[NetworkId], bool]
    protected: Collection[UserId] = ()


# -- whether --------------------------------------------------------------------------------------


def why_not(done: Iterable[Changed]) -> Sentence | None:
    """Why these can never be undone; None if they can, as far as nothing later stands on them."""
    found = [one for one in done if not _is_derived(one)]
    if not found:
        return _NOTHING
    return next((reason for one in found if (reason := _why_not(one)) is not None), None)


def _why_not(one: Changed) -> Sentence | None:
    value, before = one.value, one.before
    if isinstance(value, (Network, Group)):
        if before is None:
            return sentence("Entry {number} made something. What is made is not undone; it can be archived.")
        if isinstance(before, (Network, Group)) and before.status is not value.status:
            return _why_it_stays(before.status, value.status)
    if isinstance(value, Share) and not _is_whole(one):
        return sentence(
            "Entry {number} is an answer to a question. To take a group out of a network: `group unshare`."
        )
    if isinstance(value, Link) and not _is_whole(one):
        return sentence("Entry {number} is an answer to a question. To part networks: `network unlink`.")
    return None


def _why_it_stays(before: Status, after: Status) -> Sentence | None:
    """Of what changed its status; None for what was archived or restored."""
    if {before, after} == _ASLEEP_OR_AWAKE:
        return None
    if after is Status.RELEASED:
        return sentence("Entry {number} handed something over to its people, and that is not taken back.")
    return sentence("Entry {number} settled what had been proposed. What has come of it can be archived.")


def archived_or_restored(one: Changed) -> Status | None:
    """ARCHIVED for a place that was put to sleep, ACTIVE for one that was woken, None for all else."""
    before, after = one.before, one.after
    if not isinstance(before, (Network, Group)) or not isinstance(after, (Network, Group)):
        return None
    is_it = {before.status, after.status} == _ASLEEP_OR_AWAKE
    return after.status if is_it else None


def _is_whole(one: Changed) -> bool:
    """Whether a link or share came or went, rather than having got another yes, or a no."""
    gone = one.after is None and isinstance(one.before, (Link, Share)) and one.before.holds
    return one.before is None or gone


def _is_derived(one: Changed) -> bool:
    """Whether it follows from something else: the access of the kit, which parent is canonical."""
    before, after = one.before, one.after
    if isinstance(before, Link) and isinstance(after, Link):
        return replace(before, canonical=after.canonical) == after
    if isinstance(before, Group) and isinstance(after, Group) and after.is_kit:
        return replace(before, access=after.access) == after
    return False


def needed_for(done: Iterable[Changed]) -> tuple[Needed, ...]:
    """What somebody must be allowed to do to undo these."""
    return tuple(dict.fromkeys(need for one in done if not _is_derived(one) for need in _needed(one)))


def _needed(one: Changed) -> Iterable[Needed]:
    match one.value:
        case Network(id=place) | Group(id=place):
            differing = _differing(one)
            if "name" in differing:
                yield Needed(Deed.RENAME, (place,))
            if "status" in differing:
                yield Needed(Deed.ARCHIVE, (place,))
            if {*differing} - {"name", "status"}:
                yield Needed(Deed.DESCRIBE, (place,))
        case Link(parent=parent, child=child):
            yield Needed(Deed.LINK if one.after is None else Deed.UNLINK, (child, parent))
        case Share(group=group, network=network):
            yield Needed(Deed.SHARE, (group, network))
        case Coordinator(network=network):
            yield Needed(Deed.COORDINATE, (network,))
        case Banned(place=place, rule=rule):
            yield Needed(Deed.BAN, (EVERYWHERE if rule else place,))
        case Presence(place=place):
            yield Needed(Deed.INVITE, (place,))


# -- doing ----------------------------------------------------------------------------------------


def undo(landscape: Landscape, ids: Ids, done: Iterable[Changed], undoing: Undoing) -> Landscape:
    """The landscape without what was done. Raises `Conflict` where something later stands on it."""
    for one in (one for one in done if not _is_derived(one)):
        _check_there(landscape, one)
        landscape = _without(landscape, ids, one, undoing)
    return landscape


def _check_there(landscape: Landscape, one: Changed) -> None:
    """Raise `Conflict` where something that it is about was released since, and forgotten."""
    places: set[str] = {EVERYWHERE, *landscape.networks, *landscape.groups}
    if not places.issuperset(place for need in _needed(one) for place in need.places):
        raise Conflict("What that was about is not there any more.")


def _without(landscape: Landscape, ids: Ids, one: Changed, undoing: Undoing) -> Landscape:
    match one.value:
        case Network() | Group():
            return _as_before(landscape, ids, one)
        case Link():
            return _relinked(landscape, one, undoing)
        case Share():
            return _reshared(landscape, one, undoing)
        case Coordinator(network=network, user=user):
            if landscape.coordinators.get((network, user)) != one.after:
                raise _changed_since(landscape, network)
            if isinstance(one.after, Coordinator) and not one.after.former:
                return changes.remove_coordinator(landscape, network, user)
            return changes.add_coordinator(landscape, network, user)
        case Banned(place=place, who=who):
            if landscape.bans.get((place, who)) != one.after:
                raise Conflict("The ban of {who} was changed since. `bans` shows what holds now.", who=who)
            if isinstance(one.before, Banned):
                return ban(landscape, [one.before], protected=undoing.protected)
            return landscape.lacking(one.value)
        case _:
            return landscape


def _as_before(landscape: Landscape, ids: Ids, one: Changed) -> Landscape:
    """Only what the change changed, and only if it is still as the change left it."""
    before, after = one.before, one.after
    if not isinstance(before, (Network, Group)) or not isinstance(after, (Network, Group)):
        return landscape
    present, differing = landscape.place(after.id), _differing(one)
    if any(getattr(present, name) != getattr(after, name) for name in differing):
        raise _changed_since(landscape, after.id)
    if "name" in differing:
        landscape = changes.rename(landscape, ids, after.id, before.name)
    if "status" in differing:
        change = changes.restore if after.status is Status.ARCHIVED else changes.archive
        landscape = change(landscape, after.id)
    words = {name: getattr(before, name) for name in differing if name in _WORDS}
    return changes.describe(landscape, ids, after.id, **words) if words else landscape


def _relinked(landscape: Landscape, one: Changed, undoing: Undoing) -> Landscape:
    link = one.value
    assert isinstance(link, Link)
    now = landscape.links.get((link.parent, link.child))
    if one.after is None:
        if now is not None:
            raise _changed_since(landscape, link.child)
        agreed = undoing.agrees(link.parent), undoing.agrees(link.child)
        return changes.link(
            landscape,
            link.parent,
            link.child,
            parent_agrees=agreed[0],
            child_agrees=agreed[1],
            by=undoing.by,
            may_name=undoing.may_name,
        )
    if now is None or replace(now, canonical=link.canonical) != link:
        raise _changed_since(landscape, link.child)
    return changes.unlink(landscape, link.parent, link.child)


def _reshared(landscape: Landscape, one: Changed, undoing: Undoing) -> Landscape:
    share = one.value
    assert isinstance(share, Share)
    now = landscape.shares.get((share.group, share.network))
    if now != one.after:
        raise _changed_since(landscape, share.group)
    if one.after is not None:
        return changes.unshare(landscape, share.group, share.network)
    home = landscape.groups[share.group].home
    agreed = undoing.agrees(home), undoing.agrees(share.network)
    return changes.share(
        landscape,
        share.group,
        share.network,
        home_agrees=agreed[0],
        network_agrees=agreed[1],
        by=undoing.by,
    )


def _differing(one: Changed) -> tuple[str, ...]:
    """The fields that differ, but for those that follow from others."""
    before, after = one.before, one.after
    if before is None or after is None:
        return ()
    names = (name for name in after.__slots__ if name not in _DERIVED)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _changed_since(landscape: Landscape, place: PlaceId) -> Conflict:
    found = landscape.place(place)
    return Conflict(
        "“{place}” was changed again since, and what came later stays. `show {slug}` tells how it is now.",
        place=found.name,
        slug=landscape.slug_of(place),
    )
