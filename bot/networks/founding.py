"""Make networks, ecosystems, bridges and groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from bot.audience import audience_of, require_fit
from bot.command import Call, Name, command
from bot.networks.asking import Waiting, ask_the_others, has_yes_of, waiting_for
from bot.networks.rules import Named, WaysIn, all_named, check_no_lookalike, check_words, named, ways_in
from bot.networks.sides import OneOf
from bot.permissions import may
from spaces import changes
from spaces.access import Deed
from spaces.blueprint import Blueprint
from spaces.blueprint_changes import apply_blueprint
from spaces.errors import Conflict
from spaces.identifiers import NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Access, Kind

_NO_TOPIC = Name("")

Templates = Callable[[str], Blueprint]
"""The templates there are: `templates("neighbourhood")` gives one, or refuses and names those there are."""


@dataclass(frozen=True, slots=True)
class Created:
    """A network, ecosystem or bridge that was made or, while it waits for a parent, proposed.

    `ways` are those in once every parent has agreed. `kit` is what it starts with.
    """

    network: Named
    kind: Kind
    parents: tuple[Named, ...]
    waiting: tuple[Waiting, ...]
    ways: WaysIn
    kit: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class GroupCreated:
    group: Named
    home: Named
    ways: WaysIn
    encrypted: bool


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """Nothing was done: there is one of that name. A bridge may still be `waiting`."""

    place: Named
    waiting: tuple[Waiting, ...] = ()


class Founding:
    """Make networks, ecosystems, bridges and groups."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    @command(
        "network create",
        topic="networks",
        requires=may(Deed.CREATE_UNDER, "under"),
        examples=['network create "Arts UK"', "network create Arts Bristol --under arts-uk --access private"],
        meanwhile="Making {name} …",
    )
    async def create_network(
        self,
        call: Call,
        name: Annotated[Name, "what it is called"],
        *,
        under: Annotated[NetworkId | None, "the network it belongs to"] = None,
        access: Annotated[Access | None, "who gets in; public if you do not say"] = None,
        ask: Annotated[bool, "others may ask a coordinator to let them in"] = False,
        listed: Annotated[bool, "an invite network shows its name to members of the one above"] = False,
        topic: Annotated[Name, "what it is about"] = _NO_TOPIC,
        template: Annotated[str | None, "what to start with, such as “neighbourhood”"] = None,
    ) -> Created | AlreadyThere:
        """Make a network.

        It begins with a place to talk and one for news.
        """
        plan = _Plan(name, Kind.NETWORK, _given(under), access, ask, listed, topic)
        if template is None:
            return await _found(call, plan, _created)
        blueprint = self._templates(template)
        return await _found(call, plan, lambda call, plan: _built(call, plan, blueprint))

    @command(
        "ecosystem create",
        topic="networks",
        requires=may(Deed.CREATE_UNDER, "under"),
        examples=["ecosystem create Somerset", "ecosystem create Mendip --under somerset"],
        meanwhile="Making {name} …",
    )
    async def create_ecosystem(
        self,
        call: Call,
        name: Annotated[Name, "what it is called"],
        *,
        under: Annotated[NetworkId | None, "the ecosystem it belongs to"] = None,
        access: Annotated[Access | None, "who gets in; public if you do not say"] = None,
        topic: Annotated[Name, "what it is about"] = _NO_TOPIC,
    ) -> Created | AlreadyThere:
        """Make a network that holds networks.

        It begins with a place for news.
        """
        return await _found(call, _Plan(name, Kind.ECOSYSTEM, _given(under), access, topic=topic), _created)

    @command(
        "bridge create",
        topic="bridges",
        requires=OneOf("between"),
        examples=["bridge create Arts & Health --between arts-uk and health-uk"],
        meanwhile="Making {name} …",
    )
    async def create_bridge(
        self,
        call: Call,
        name: Annotated[Name, "what it is called"],
        *,
        between: Annotated[list[NetworkId], "the networks it joins, with “and” between them"],
        access: Annotated[Access | None, "who gets in; private if you do not say"] = None,
        topic: Annotated[Name, "what it is about"] = _NO_TOPIC,
    ) -> Created | AlreadyThere:
        """Make a network that belongs to several.

        It is made once a coordinator of each of them has agreed.
        """
        parents = tuple(dict.fromkeys(between))
        if len(parents) < 2:
            raise Conflict(
                "A bridge joins two networks or more. Name them with “and” between them: "
                "`bridge create NAME --between NETWORK and NETWORK`."
            )
        return await _found(call, _Plan(name, Kind.BRIDGE, parents, access, topic=topic), _created)

    @command(
        "group create",
        topic="groups",
        requires=may(Deed.CREATE_GROUP, "in_"),
        examples=["group create Painting --in arts-uk", "group create Trustees --in arts-uk --access invite"],
        meanwhile="Making {name} …",
    )
    async def create_group(
        self,
        call: Call,
        name: Annotated[Name, "what it is called"],
        *,
        in_: Annotated[NetworkId, "the network it belongs to"],
        access: Annotated[Access, "who gets in"] = Access.PRIVATE,
        ask: Annotated[bool, "others may ask a coordinator to let them in"] = False,
        listed: Annotated[bool, "an invite group shows its name to members of the network"] = False,
        encrypted: Annotated[bool, "end-to-end encrypted; this cannot be undone"] = False,
        topic: Annotated[Name, "what it is about"] = _NO_TOPIC,
    ) -> GroupCreated | AlreadyThere:
        """Make a group, a room to talk in."""
        there = changes.same_group(call.landscape, call.standing, name, in_)
        audience = await audience_of(call)
        if there:
            require_fit(call.landscape, audience, there)
            return AlreadyThere(named(call.landscape, there))
        check_words(access, ask, listed)
        landscape, group = changes.create_group(
            call.landscape,
            call.work.ids,
            name=name,
            home=in_,
            access=access,
            ask=ask,
            listed=listed,
            encrypted=encrypted,
            topic=topic,
        )
        await call.work.change(landscape, what=f"group create {name}", about=group)
        return GroupCreated(
            named(landscape, group),
            named(landscape, in_),
            ways_in(landscape, group, audience),
            encrypted,
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    """A network to be made."""

    name: str
    kind: Kind
    parents: tuple[NetworkId, ...]
    access: Access | None
    ask: bool = False
    listed: bool = False
    topic: str = ""


def _given(under: NetworkId | None) -> tuple[NetworkId, ...]:
    return () if under is None else (under,)


async def _found(
    call: Call, plan: _Plan, make: Callable[[Call, _Plan], tuple[Landscape, NetworkId]]
) -> Created | AlreadyThere:
    """Make what `plan` says, unless it is there already."""
    there = changes.same_network(call.landscape, call.standing, plan.name, plan.parents)
    audience = await audience_of(call)
    if there:
        require_fit(call.landscape, audience, there)
        return AlreadyThere(named(call.landscape, there), waiting_for(call, there, audience))
    check_words(plan.access, plan.ask, plan.listed)
    check_no_lookalike(call.landscape, call.standing, plan.name, audience)
    landscape, network = make(call, plan)
    await call.work.change(landscape, what=f"{plan.kind} create {plan.name}", about=network)
    await ask_the_others(call, network)
    return Created(
        named(landscape, network),
        plan.kind,
        all_named(landscape, plan.parents, call.standing),
        waiting_for(call, network, audience),
        ways_in(landscape, network, audience, wanted=True),
        tuple(named(landscape, group.id) for group in landscape.groups_of(network) if group.is_kit),
    )


def _created(call: Call, plan: _Plan) -> tuple[Landscape, NetworkId]:
    return changes.create_network(
        call.landscape,
        call.work.ids,
        name=plan.name,
        kind=plan.kind,
        access=plan.access,
        ask=plan.ask,
        listed=plan.listed,
        topic=plan.topic,
        under=plan.parents,
        agreed=[parent for parent in plan.parents if has_yes_of(call, parent)],
        by=call.sender,
        coordinators=[call.sender],
    )


def _built(call: Call, plan: _Plan, template: Blueprint) -> tuple[Landscape, NetworkId]:
    """The template's network under the name and words of `plan`, with all that the template puts below it."""
    before = call.landscape
    wanted = _with_words(template.renamed(changes.check_name(plan.name)), plan, call.sender)
    landscape = apply_blueprint(before, call.work.ids, wanted, by=call.sender, admins=(), fresh=True)
    [network] = (n for n in landscape.networks if n not in before.networks and not landscape.all_parents(n))
    for parent in plan.parents:
        yes = has_yes_of(call, parent)
        landscape = changes.link(
            landscape, parent, network, parent_agrees=yes, child_agrees=True, by=call.sender
        )
    return landscape, network


def _with_words(template: Blueprint, plan: _Plan, by: UserId) -> Blueprint:
    """The template with the words of `plan` at its top, where some were said, looked after by `by`.

    Its public groups are private where the network is not to be public.
    """
    [top] = template.networks
    shut = (plan.access or top.access) not in (None, Access.PUBLIC)
    groups = (replace(g, access=None) if shut and g.access is Access.PUBLIC else g for g in top.groups)
    top = replace(
        top,
        groups=tuple(groups),
        access=plan.access or top.access,
        ask=plan.ask or top.ask,
        listed=plan.listed or top.listed,
        topic=plan.topic or top.topic,
        coordinators=(by,),
    )
    return Blueprint((top,), template.bridges)
