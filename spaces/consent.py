"""What needs a yes of both sides: links between networks and the sharing of groups (PRODUCT: consent)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from spaces.errors import Conflict
from spaces.hierarchy import path_down
from spaces.identifiers import GroupId, NetworkId, UserId
from spaces.landscape import Landscape
from spaces.network import Group, Kind, Link, Network, Share, Status

MayName = Callable[[NetworkId], bool]


def _everything(_: NetworkId) -> bool:
    return True


# -- links ----------------------------------------------------------------------------------------


def link(
    landscape: Landscape,
    parent: NetworkId,
    child: NetworkId,
    *,
    parent_agrees: bool,
    child_agrees: bool,
    by: UserId | None = None,
    may_name: MayName = _everything,
) -> Landscape:
    """`child` under `parent`, once both sides have agreed; a second call adds the other side's yes.

    Raises `Conflict` for a loop, with its path by slugs; networks that the speaker may not see
    (`may_name`) stand in it as dots. Raises it for what is archived, too.
    """
    _check_awake(landscape, parent, child)
    _check_no_loop(landscape, parent, child, may_name)
    old = landscape.links.get((parent, child)) or Link(parent, child, False, False, False, by)
    new = replace(
        old,
        parent_agreed=old.parent_agreed or parent_agrees,
        child_agreed=old.child_agreed or child_agrees,
    )
    if landscape.links.get((parent, child)) == new:
        return landscape
    return settled(landscape.having(new), child)


def move(
    landscape: Landscape,
    network: NetworkId,
    parent: NetworkId,
    *,
    parent_agrees: bool,
    child_agrees: bool,
    by: UserId | None = None,
    may_name: MayName = _everything,
) -> Landscape:
    """`network` under `parent` instead of its canonical parent, once both sides have agreed.

    Until then the old link stays. Raises what `link` raises, and `Conflict` where the network's own side
    has agreed to be under `parent` and not to leave the other one.
    """
    old = next(iter(landscape.agreed_parents(network)), None)
    if old == parent:
        return landscape
    asked_before = landscape.links.get((parent, network))
    if old is not None and asked_before is not None and asked_before.child_agreed and not child_agrees:
        raise Conflict(
            "“{child}” has agreed to be under “{parent}”, and not to leave what it is under now. "
            "Only a coordinator of “{child}” can move it.",
            **_names(landscape, parent, network),
        )
    landscape = link(
        landscape,
        parent,
        network,
        parent_agrees=parent_agrees,
        child_agrees=child_agrees,
        by=by,
        may_name=may_name,
    )
    asked = replace(landscape.links[parent, network], instead_of=old)
    if asked == landscape.links[parent, network]:
        return landscape
    return settled(landscape.having(asked), network)


def unlink(landscape: Landscape, parent: NetworkId, child: NetworkId) -> Landscape:
    """Without that link, waiting or not; another parent becomes canonical. Raises `Conflict` for none."""
    return settled(landscape.lacking(_link(landscape, parent, child)), child)


def accept(
    landscape: Landscape, parent: NetworkId, child: NetworkId, *, for_child: bool = False
) -> Landscape:
    """With the yes of the parent's side to a waiting link, or with `for_child` that of the child's.

    A bridge with the yes of all its parents becomes active. Raises `Conflict` where nothing was asked.
    """
    asked = _link(landscape, parent, child)
    _check_awake(landscape, parent, child)
    agreed = replace(asked, child_agreed=True) if for_child else replace(asked, parent_agreed=True)
    return settled(landscape.having(agreed), child) if agreed != asked else landscape


def decline(landscape: Landscape, parent: NetworkId, child: NetworkId) -> Landscape:
    """Without a link that waited. A bridge that is left with fewer than two parents is given up.

    Raises `Conflict` where nothing was asked, or both sides have agreed already.
    """
    asked = _link(landscape, parent, child)
    if asked.holds:
        raise Conflict(
            "“{child}” is under “{parent}” already, with the yes of both. To part them: `network unlink`.",
            **_names(landscape, parent, child),
        )
    return settled(landscape.lacking(asked), child)


def settled(landscape: Landscape, child: NetworkId) -> Landscape:
    """With exactly one canonical parent for `child`, and a proposed bridge moved on where it can be.

    Canonical is the one that was, if its link holds, else the first one that holds, else the first. In
    a proposed bridge nothing holds yet, and the one that was stays.
    """
    network = landscape.networks[child]
    landscape = _moved(landscape, child)
    links = [landscape.links[parent, child] for parent in landscape.all_parents(child)]
    held = [ln for ln in links if ln.holds] if network.status is not Status.PROPOSED else []
    first = next(iter(held or links), None)
    changed: list[Link] = [
        replace(ln, canonical=ln is first) for ln in links if ln.canonical is not (ln is first)
    ]
    landscape = landscape.having(*changed) if changed else landscape
    if network.kind is not Kind.BRIDGE or network.status is not Status.PROPOSED:
        return landscape
    return _moved_on(landscape, child, links)


def _moved(landscape: Landscape, child: NetworkId) -> Landscape:
    """With each link that was agreed to instead of another in the place of that one."""
    for parent in landscape.all_parents(child):
        new = landscape.links[parent, child]
        if new.instead_of is None or not new.holds:
            continue
        old = landscape.links.get((new.instead_of, child))
        stands_first = new.canonical or (old is not None and old.canonical)
        landscape = landscape.lacking(*([old] if old else ()))
        landscape = landscape.having(replace(new, instead_of=None, canonical=stands_first))
    return landscape


def _moved_on(landscape: Landscape, bridge: NetworkId, links: list[Link]) -> Landscape:
    network = landscape.networks[bridge]
    if len(links) < 2:
        return landscape.having(replace(network, status=Status.ARCHIVED))
    if not all(ln.holds for ln in links):
        return landscape
    kit = [g for g in landscape.groups_of(bridge) if g.status is Status.PROPOSED]
    values = (replace(value, status=Status.ACTIVE) for value in kit)
    return landscape.having(replace(network, status=Status.ACTIVE), *values)


def _link(landscape: Landscape, parent: NetworkId, child: NetworkId) -> Link:
    found = landscape.links.get((parent, child))
    if found is None:
        raise Conflict(
            "“{child}” is not under “{parent}”, and nobody has asked for that. `show` names its parents.",
            **_names(landscape, parent, child),
        )
    return found


def _check_no_loop(landscape: Landscape, parent: NetworkId, child: NetworkId, may_name: MayName) -> None:
    if parent == child:
        raise Conflict(
            "“{network}” cannot be under itself. Name another network.",
            network=landscape.networks[child].name,
        )
    path = path_down(landscape, child, parent)
    if path is not None:
        raise Conflict(
            "“{child}” cannot be under “{parent}”, as that would close a loop: {way}. "
            "Unlink one of these steps first.",
            way=" → ".join(landscape.networks[n].slug if may_name(n) else "…" for n in (*path, child)),
            **_names(landscape, parent, child),
        )


def _check_awake(landscape: Landscape, *networks: NetworkId) -> None:
    for network in map(landscape.networks.__getitem__, networks):
        if network.status is Status.ARCHIVED:
            raise archived(network)
        if network.status is Status.RELEASED:
            raise released(network)


def archived(network: Network) -> Conflict:
    """The refusal of what an archived network cannot be asked for."""
    return Conflict(
        "“{network}” is archived. One of its coordinators can bring it back: `network restore {slug}`.",
        network=network.name,
        slug=network.slug,
    )


def released(found: Network | Group) -> Conflict:
    """The refusal of what cannot be asked for a place that is being released."""
    return Conflict("“{place}” is being released: I am handing it over and leave it.", place=found.name)


def _names(landscape: Landscape, parent: NetworkId, child: NetworkId) -> dict[str, str]:
    return {"parent": landscape.networks[parent].name, "child": landscape.networks[child].name}


# -- shares ---------------------------------------------------------------------------------------


def share(
    landscape: Landscape,
    group: GroupId,
    network: NetworkId,
    *,
    home_agrees: bool,
    network_agrees: bool,
    by: UserId | None = None,
) -> Landscape:
    """`group` listed by `network` too, once both sides have agreed; a second call adds the other's yes.

    Raises `Conflict` for the kit, for the group's own home and for what is not active.
    """
    _check_can_be_shared(landscape, group, network)
    old = landscape.shares.get((group, network)) or Share(group, network, False, False, by)
    new = replace(
        old,
        home_agreed=old.home_agreed or home_agrees,
        network_agreed=old.network_agreed or network_agrees,
    )
    return landscape if landscape.shares.get((group, network)) == new else landscape.having(new)


def unshare(landscape: Landscape, group: GroupId, network: NetworkId) -> Landscape:
    """Without that share, waiting or not. Raises `Conflict` where there is none."""
    return landscape.lacking(_share(landscape, group, network))


def accept_share(
    landscape: Landscape, group: GroupId, network: NetworkId, *, for_home: bool = False
) -> Landscape:
    """With the yes of the network's side, or with `for_home` that of the home's, to a waiting share."""
    asked = _share(landscape, group, network)
    agreed = replace(asked, home_agreed=True) if for_home else replace(asked, network_agreed=True)
    return landscape.having(agreed) if agreed != asked else landscape


def _share(landscape: Landscape, group: GroupId, network: NetworkId) -> Share:
    found = landscape.shares.get((group, network))
    if found is None:
        raise Conflict(
            "“{group}” is not shared with “{network}”. `show` says with whom it is.",
            group=landscape.groups[group].name,
            network=landscape.networks[network].name,
        )
    return found


def _check_can_be_shared(landscape: Landscape, group: GroupId, network: NetworkId) -> None:
    found, home = landscape.groups[group], landscape.networks[landscape.groups[group].home]
    names = {"group": found.name, "home": home.name, "network": landscape.networks[network].name}
    if found.is_kit:
        raise Conflict("“{group}” is part of what “{home}” starts with and stays there.", **names)
    if network == home.id:
        raise Conflict("“{group}” is at home in “{home}” already. Name another network.", **names)
    if landscape.status_of(group) is not Status.ACTIVE:
        raise Conflict("“{group}” is archived. Restore it first.", **names)
    if landscape.networks[network].status is not Status.ACTIVE:
        raise Conflict("“{network}” is not active, so nothing can be shared with it.", **names)
