"""An export as the text of a file; `config/export_file.py` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from config.export_format import FORMAT
from spaces.exported import Export
from spaces.identifiers import PlaceId
from spaces.landscape import Landscape
from spaces.listings import Listing
from spaces.market import Posting
from spaces.network import Group, Network
from spaces.occasions import Occasion
from spaces.stories import Levels, Story

Json = dict[str, Any]


def text_of(export: Export) -> str:
    """What stands in the file, the same each time for the same export."""
    tree = export.tree
    document = {
        "format": FORMAT,
        "server": export.server,
        "made_at": export.made_at,
        "codes_left": export.codes_left,
        "networks": [_network(export, n) for n in sorted(tree.networks.values(), key=lambda n: n.id)],
        "groups": [_group(export, g) for g in sorted(tree.groups.values(), key=lambda g: g.id)],
        "listings": [_listing(one) for one in sorted(export.listings, key=lambda one: one.number)],
        "postings": [_posting(one) for one in sorted(export.postings, key=lambda one: one.number)],
        "stories": [_story(*one) for one in sorted(export.stories, key=lambda one: one[0].number)],
        "events": [_occasion(one) for one in sorted(export.occasions, key=lambda one: one.number)],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _network(export: Export, network: Network) -> Json:
    return {
        "id": network.id,
        "name": network.name,
        "slug": network.slug,
        "kind": network.kind.value,
        **_words(network),
        "language": network.language,
        "timezone": network.timezone,
        "questions": network.questions,
        "grace_days": network.grace_days,
        "offers_groups": network.offers_groups,
        "under": list(export.tree.all_parents(network.id)),
        "coordinators": sorted(export.tree.coordinators_of(network.id)),
        **_people(export, network.id),
    }


def _group(export: Export, group: Group) -> Json:
    return {
        "id": group.id,
        "home": group.home,
        "name": group.name,
        "slug": group.slug,
        **_words(group),
        "encrypted": group.encrypted,
        "purpose": group.purpose.value,
        "digest": group.digest.value,
        "shared_with": sorted(export.tree.shares_of(group.id)),
        **_people(export, group.id),
    }


def _words(place: Network | Group) -> Json:
    return {"access": place.access.value, "ask": place.ask, "listed": place.listed, "topic": place.topic}


def _people(export: Export, place: PlaceId) -> Json:
    bans = sorted(_bans(export.tree, place).items())
    return {
        "members": sorted(export.members.get(place, ())),
        "banned": [{"who": who, "at": at} for who, at in bans],
    }


def _bans(tree: Landscape, place: PlaceId) -> Mapping[str, float]:
    return {ban.who: ban.at for ban in tree.bans_of(place)}


def _listing(one: Listing) -> Json:
    return {
        "number": one.number,
        "kind": one.kind.value,
        "network": one.network,
        "name": one.name,
        "about": one.about,
        "place": one.place,
        "phone": one.contact.phone,
        "email": one.contact.email,
        "web": one.contact.web,
        "contact_for": one.contact_for.value,
        "by": one.by,
        "stewards": list(one.stewards),
        "made_at": one.made_at,
        "confirmed_at": one.confirmed_at,
        "stale": one.stale,
        "source": one.source,
        "source_id": one.source_id,
        "record": json.loads(one.record) if one.record else None,
    }


def _posting(one: Posting) -> Json:
    return {
        "number": one.number,
        "kind": one.kind.value,
        "network": one.network,
        "owner": one.owner,
        "text": one.text,
        "terms": one.terms.value if one.terms else None,
        "made_at": one.made_at,
        "ends_at": one.ends_at,
    }


def _story(story: Story, levels: Levels) -> Json:
    taken = sorted(levels.values(), key=lambda level: (level.since, level.network))
    return {
        "number": story.number,
        "group": story.group,
        "room": story.room,
        "event": story.event,
        "author": story.author,
        "text": story.text,
        "byline": story.byline,
        "may_print": story.may_print,
        "may_travel": story.may_travel,
        "sealed": story.sealed,
        "proposed_at": story.proposed_at,
        "taken": [
            {"network": x.network, "since": x.since, "source": x.source, "headline": x.headline}
            for x in taken
        ],
    }


def _occasion(one: Occasion) -> Json:
    return {
        "number": one.number,
        "network": one.network,
        "owner": one.owner,
        "name": one.name,
        "place": one.place,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "zone": one.zone,
        "made_at": one.made_at,
    }
