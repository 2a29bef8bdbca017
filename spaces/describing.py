"""Places are named anew and described: their words for access, and what else is said of them."""

from __future__ import annotations

from dataclasses import replace

from spaces.errors import Conflict
from spaces.identifiers import PlaceId
from spaces.landscape import Landscape
from spaces.making import Ids, slug_for
from spaces.naming import check_name, check_no_public_groups, check_public_home, check_topic, group_slug
from spaces.network import Access, Digest, Group, Network


def rename(landscape: Landscape, ids: Ids, place: PlaceId, name: str) -> Landscape:
    """The place under another name, with a new slug; the old slug keeps leading to it."""
    kept, found = check_name(name), landscape.place(place)
    if kept == found.name:
        return landscape
    if isinstance(found, Group):
        slug = group_slug(landscape, found.id, found.home, kept)
        return landscape.having(replace(found, name=kept, slug=slug))
    return landscape.having(_with_new_slug(landscape, ids, replace(found, name=kept)))


def describe(
    landscape: Landscape,
    ids: Ids,
    place: PlaceId,
    *,
    topic: str | None = None,
    access: Access | None = None,
    ask: bool | None = None,
    listed: bool | None = None,
    language: str | None = None,
    questions: str | None = None,
    grace_days: int | None = None,
    offers_groups: bool | None = None,
    timezone: str | None = None,
    digest: Digest | None = None,
) -> Landscape:
    """The place with what is given changed. A network that becomes or stops being public gets a new slug.

    `ask` holds for what is private only, `listed` for what is by invitation only; a group has no
    `language` and no `questions` of its own, nor what comes after that, but for `digest`, which is a group's
    alone. Raises `Conflict` for the access
    of a kit group, which takes its network's word, for a public group of a network that is not, and for a
    network that would stop being public while it has public groups.
    """
    found = landscape.place(place)
    if isinstance(found, Group):
        if digest is not None and digest is not found.digest:
            found = replace(found, digest=digest)
            landscape = landscape.having(found)
        return _describe_group(landscape, found, topic, access, ask, listed)
    word, asks, shows = _words(found, access, ask, listed)
    new = replace(found, topic=_topic(found, topic), access=word, ask=asks, listed=shows)
    new = replace(new, language=found.language if language is None else language)
    new = replace(new, questions=found.questions if questions is None else questions)
    new = replace(new, grace_days=found.grace_days if grace_days is None else grace_days)
    new = replace(new, offers_groups=found.offers_groups if offers_groups is None else offers_groups)
    new = replace(new, timezone=found.timezone if timezone is None else timezone)
    if Access.PUBLIC in (new.access, found.access) and new.access is not found.access:
        check_no_public_groups(landscape, new)
        new = _with_new_slug(landscape, ids, new)
    kit = (g for g in landscape.groups_of(found.id) if g.is_kit and g.access is not new.access)
    values = [*([new] if new != found else ()), *(replace(g, access=new.access) for g in kit)]
    return landscape.having(*values) if values else landscape


def _describe_group(
    landscape: Landscape,
    group: Group,
    topic: str | None,
    access: Access | None,
    ask: bool | None,
    listed: bool | None,
) -> Landscape:
    if group.is_kit and not (access is None and ask is None and listed is None):
        home = landscape.networks[group.home]
        raise Conflict(
            "“{group}” is part of what “{network}” starts with and open to the same people. "
            "Change that for the whole network: `network describe {slug} --access …`.",
            group=group.name,
            network=home.name,
            slug=home.slug,
        )
    if group.is_kit:
        new = replace(group, topic=_topic(group, topic))
        return landscape.having(new) if new != group else landscape
    word, asks, shows = _words(group, access, ask, listed)
    if word is Access.PUBLIC and group.access is not Access.PUBLIC:
        check_public_home(landscape, group.name, group.home)
    new = replace(group, topic=_topic(group, topic), access=word, ask=asks, listed=shows)
    return landscape.having(new) if new != group else landscape


def _topic(found: Network | Group, topic: str | None) -> str:
    return found.topic if topic is None else check_topic(topic)


def _words(
    found: Network | Group, access: Access | None, ask: bool | None, listed: bool | None
) -> tuple[Access, bool, bool]:
    """Access, ask and listed of `found` with what is given; what its access leaves no meaning is off."""
    word = access or found.access
    asks = found.ask if ask is None else ask
    shows = found.listed if listed is None else listed
    return word, asks and word is Access.PRIVATE, shows and word is Access.INVITE


def _with_new_slug(landscape: Landscape, ids: Ids, network: Network) -> Network:
    parents = landscape.parents(network.id)
    return replace(network, slug=slug_for(landscape, ids, network, parents[0] if parents else None))
