"""Every check of what may be seen: where it stands in the source, and what stands there without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appservice.store import directory as store
from bot.directory import searching, words
from spaces import access, listings, nearness

PIECES: Mapping[Any, tuple[tuple[str, str, str], ...]] = {
    store.visible_to: (
        ("SQL: everyone", "d.seen == Seen.EVERYONE,", "d.seen.in_(list(Seen)),"),
        (
            "SQL: finders of the place",
            "d.seen == Seen.FINDERS, _is_found(sight, sqlite=sqlite)",
            "d.seen == Seen.FINDERS",
        ),
        ("SQL: for finders", "d.seen == Seen.FINDERS, ", ""),
        (
            "SQL: members of the network",
            "d.seen == Seen.MEMBERS, is_one_of(d.place, sight.member_of, sqlite=sqlite)",
            "d.seen == Seen.MEMBERS",
        ),
        ("SQL: for members", "d.seen == Seen.MEMBERS, ", ""),
        ("SQL: members, not finders", "sight.member_of", "sight.finds"),
        ("SQL: the owner", "d.owner == sight.user,", "d.owner.is_not(None),"),
    ),
    store._is_found: (("SQL: what everybody finds", "d.place.in_(select(o.place))", "d.place.is_not(None)"),),
    store.candidates: (
        ("SQL: in candidates", ", visible_to(sight, sqlite=sqlite)", ""),
        ("SQL: what has ended, in candidates", "        .where(_is_still(now))\n", ""),
        ("SQL: within these networks", "if match.within is not None:", "if False:"),
    ),
    store.parts_of: (
        ("SQL: in rows by key", "where(named, seen, ", "where(named, "),
        ("SQL: what has ended, in rows by key", ", _is_still(now))", ")"),
    ),
    access.may_find: (
        ("rule: finders of the place", "entry.place in sight.finds or entry.owner == sight.user", "True"),
        (
            "rule: members of the network",
            "entry.place in sight.member_of or entry.owner == sight.user",
            "True",
        ),
        ("rule: members, not finders", "sight.member_of", "sight.finds"),
        ("rule: nobody but the owner", "    return entry.owner == sight.user", "    return True"),
        (
            "rule: nobody's owner",
            "    return entry.owner == sight.user",
            "    return entry.owner is not None",
        ),
    ),
    listings.may_contact: (
        ("contact: of what they find", "listing.network in sight.finds and ", ""),
        ("contact: for whom it is", " and may_find(sight, asked)", ""),
    ),
    access.Sights.of: (
        ("sight: admins as anybody", "replace(standing, is_admin=False)", "standing"),
        ("sight: members of the active only", "self._is_open(n) and ", ""),
        ("sight: members of theirs", " and is_member(self.landscape, plain, n)", ""),
    ),
    access.Sights._is_open: (
        ("sight: the active only", "self.landscape.status_of(place) is Status.ACTIVE", "True"),
    ),
    access.Sights._seen: (("sight: what may be seen", " and may_see(self.landscape, standing, p)", ""),),
    access._sees_network: (
        ("network: whose access is public", "network.access is Access.PUBLIC or ", "True or "),
        ("network: private, with --ask", "network.access is Access.PRIVATE and network.ask", "network.ask"),
        (
            "network: private, only with --ask",
            "network.access is Access.PRIVATE and network.ask",
            "network.access is Access.PRIVATE",
        ),
        ("network: unlisted from above", "found_from_above and any(", "any("),
        (
            "network: members of a parent",
            "is_member(landscape, standing, n) for n in landscape.agreed_parents(network.id)",
            "True for n in landscape.agreed_parents(network.id)",
        ),
        (
            "network: parents that agreed",
            "landscape.agreed_parents(network.id)",
            "landscape.all_parents(network.id)",
        ),
        (
            "network: asked about a link",
            "return _is_asked_about(landscape, standing, network.id)",
            "return True",
        ),
    ),
    access._is_of: (("network: of what they are", "landscape.places_of(network)", "standing.invited"),),
    access._is_asked_about: (
        (
            "network: coordinators are asked",
            "return not landscape.coordinated_by(standing.user).isdisjoint(ends)",
            "return bool(ends)",
        ),
        ("network: shares that wait", "landscape.proposed_shares_of(network)", "landscape.shares.values()"),
    ),
    access._sees_group: (
        (
            "group: joined or invited",
            "group.id in standing.joined or group.id in standing.invited",
            "standing.joined or standing.invited",
        ),
        (
            "group: coordinators of its home",
            "coordinates(landscape, standing, home.id)",
            "landscape.coordinators_of(home.id)",
        ),
        ("group: the kit", "home.access is Access.PUBLIC or _is_of(landscape, standing, home.id)", "True"),
        ("group: private, with --ask", "group.access is Access.PRIVATE and group.ask", "group.ask"),
        (
            "group: private, only with --ask",
            "group.access is Access.PRIVATE and group.ask",
            "group.access is Access.PRIVATE",
        ),
        (
            "group: asked by who sees its home",
            "asked_by_all and _sees_network(landscape, standing, home)",
            "asked_by_all",
        ),
        ("group: closed", "return _sees_closed_group(landscape, standing, group)", "return True"),
    ),
    access._sees_closed_group: (
        ("group: private to its members", "    if group.access is Access.PRIVATE:", "    if True:"),
        (
            "group: shares that hold",
            "share.network for share in shares if share.holds",
            "share.network for share in shares",
        ),
        ("group: listed", "elif group.listed:", "else:"),
        (
            "group: members",
            "if any(is_member(landscape, standing, network) for network in open_to):",
            "if open_to:",
        ),
        (
            "group: asked about a share",
            "coordinates(landscape, standing, share.network) for share in shares if not share.holds",
            "True for share in shares if not share.holds",
        ),
    ),
    access.coordinates: (
        (
            "member: coordinators",
            "network in landscape.coordinated_by(standing.user)",
            "bool(landscape.coordinated_by(standing.user))",
        ),
    ),
    access.is_member: (("member: joined", "landscape.places_of(network)", "standing.joined"),),
    words.vocabulary_of: (
        ("search: stems are words", "for token in (stem(word), word)", "for token in (word,)"),
    ),
    searching._word_with: (
        ("search: words, not stems, are shown", "return token if token in words else", "return token or"),
    ),
    nearness._reached: (("search: near by what they see", "n in sight.finds and ", ""),),
}
"""By function: what the check is called, its piece of the source, and what is there instead."""

SHORTLY = ("SQL: everyone", "SQL: in candidates", "sight: admins as anybody", "group: closed")
"""Those that each run of the tests takes away; the rest goes by hand (`without.py`)."""
