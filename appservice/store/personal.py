"""What each table keeps of people: what `my data` shows of it, and what becomes of it once one is forgotten.

A table that is not in `PERSONAL` fails a test. What names a person in a column of which nothing is said
here is found all the same: it is shown, and goes (`appservice/store/holding.py`, `erasing.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.privacy.topics import Topic


@dataclass(frozen=True, slots=True)
class Kept:
    """What a table keeps of people.

    goes:   columns that name whose row it is: it is shown to them, and goes with them.
    signed: columns that name who did something: of such a row only that and `deed` are shown, and later
            it names nobody.
    others: columns of their rows that are about somebody else, or secret: not shown.
    words:  what others wrote for others to read: it is not looked at for names.
    drops:  lists in its JSON lose those who are forgotten; elsewhere a stub takes their place.
    beside: what is shown with a column that merely names them.
    own:    a column of JSON that is theirs, and shown whole, where its `sender` is they.
    through: a column, the table that it leads to and the column there: of a row of theirs.
    spared: the landscape's, which the unit of work changes (`spaces.forgetting.without_person`).
    """

    topic: Topic = Topic.ROOMS
    goes: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()
    deed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    drops: bool = False
    beside: tuple[str, ...] = ()
    own: str = ""
    through: tuple[str, str, str] | None = None
    spared: bool = False


_NOBODY = Kept()
_LANDSCAPE = Kept(Topic.ROLES, spared=True)

PERSONAL: Mapping[str, Kept] = {
    "acting": _NOBODY,
    "admissions": Kept(Topic.INVITATIONS, goes=("user",)),
    "adoptions": Kept(Topic.ROLES, goes=("by",)),
    "adoptions_shown": Kept(Topic.ROLES, goes=("by",)),
    "announcement_declines": _NOBODY,
    "announcement_posts": _NOBODY,
    "announcement_texts": Kept(
        Topic.ANNOUNCEMENTS, words=("text",), through=("number", "announcements", "number")
    ),
    "announcements": Kept(
        Topic.ANNOUNCEMENTS,
        signed=("author",),
        deed=("number", "network", "text", "made_at"),
        words=("text",),
    ),
    "applications": Kept(
        Topic.APPLICATIONS,
        goes=("person",),
        signed=("decided_by",),
        deed=("number", "place", "decided_at", "word"),
        others=("decided_by",),
        words=("called", "answers", "questions", "word"),
    ),
    "arrivals": Kept(Topic.ROLES, signed=("by",), deed=("place", "at")),
    "audit": Kept(
        Topic.LOG,
        signed=("who",),
        deed=("at", "what", "about", "source"),
        beside=("at", "about"),
    ),
    "audit_networks": _NOBODY,
    "awaited": Kept(Topic.PASSING, goes=("person",)),
    "bans": Kept(
        Topic.BANS,
        goes=("who",),
        signed=("by",),
        deed=("place", "at"),
        others=("by",),
        words=("reason",),
        spared=True,
    ),
    "calendar_addresses": Kept(Topic.EVENTS, goes=("user",), others=("digest", "sealed")),
    "code_tries": Kept(Topic.CODES, goes=("person",)),
    "codes": Kept(Topic.CODES, goes=("maker",), others=("digest", "shelf")),
    "complaints": Kept(Topic.PASSING, goes=("person",)),
    "conversations": Kept(Topic.ROOMS, goes=("person",)),
    "coordinators": Kept(Topic.ROLES, goes=("user",), spared=True),
    "deciphered": _NOBODY,
    "departures": Kept(Topic.ROOMS, goes=("user",)),
    "digest_editions": Kept(Topic.DIGESTS, goes=("whose",), others=("rights",), drops=True),
    "digest_subscriptions": Kept(Topic.DIGESTS, goes=("whose",)),
    "digests_without": Kept(Topic.DIGESTS, goes=("person",)),
    "directory": Kept(
        Topic.PROFILE,
        goes=("owner",),
        words=("title", "about", "located", "more", "title_tokens", "located_tokens", "tokens", "words"),
        others=("title_tokens", "located_tokens", "tokens", "words"),
    ),
    "directory_open": _NOBODY,
    "directory_trigrams": Kept(words=("trigram", "word")),
    "encrypted_rooms": _NOBODY,
    "erasures": Kept(Topic.PASSING, goes=("user",), others=("stub",)),
    "events": Kept(Topic.PASSING, own="body"),
    "groups": Kept(Topic.ROOMS, words=("name", "topic"), spared=True),
    "hand_marks": _NOBODY,
    "invitation_outcomes": Kept(
        Topic.INVITATIONS,
        goes=("user",),
        signed=("by",),
        deed=("place", "at", "result"),
        others=("by", "batch"),
    ),
    "imports": _NOBODY,
    "invitations": Kept(
        Topic.INVITATIONS, goes=("user",), signed=("by",), deed=("place", "at"), others=("by", "batch")
    ),
    "invitations_shown": Kept(Topic.INVITATIONS, goes=("user",)),
    "last_words": Kept(Topic.ACTIVITY, goes=("user",)),
    "links": _LANDSCAPE,
    "listing_questions": Kept(Topic.LISTINGS, goes=("person",)),
    "listings": Kept(
        Topic.LISTINGS, words=("name", "about", "place", "phone", "email", "web", "record"), drops=True
    ),
    "marks": _NOBODY,
    "memberships": Kept(Topic.ROOMS, goes=("user",), others=("skeleton",)),
    "messages": Kept(Topic.ACTIVITY, goes=("sender",)),
    "networks": Kept(Topic.ROOMS, words=("name", "topic", "questions"), spared=True),
    "nominations": Kept(Topic.ROLES, goes=("nominee", "by"), others=("by",)),
    "occasion_answers": Kept(Topic.EVENTS, goes=("person",)),
    "occasions": Kept(
        Topic.EVENTS,
        signed=("owner",),
        deed=("number", "network", "name", "place", "starts_at"),
        words=("name", "place"),
    ),
    "offers": Kept(Topic.CHOICES, goes=("user",)),
    "open_histories": _NOBODY,
    "orphans": _NOBODY,
    "outbox": Kept(Topic.PASSING, beside=("created_at", "status")),
    "people": Kept(Topic.CHOICES, goes=("user",)),
    "people_shown": Kept(Topic.ACTIVITY, goes=("person", "shown"), others=("person", "shown")),
    "posting_asks": Kept(Topic.MARKET, goes=("asker",)),
    "postings": Kept(Topic.MARKET, goes=("owner",), words=("text",)),
    "profile_checks": Kept(Topic.PROFILE, goes=("user",)),
    "profile_shown": Kept(Topic.PROFILE, goes=("user",)),
    "profiles": Kept(Topic.PROFILE, goes=("user",), words=("skills", "interests", "place", "about")),
    "put_back": _NOBODY,
    "recounts": Kept(Topic.PASSING, goes=("subject",)),
    "rooms": Kept(Topic.ROOMS, beside=("place",)),
    "shares": _LANDSCAPE,
    "silences": _NOBODY,
    "slugs": Kept(Topic.ROOMS, words=("slug",), spared=True),
    "snapshots": Kept(Topic.ROLES, drops=True),
    "stories": Kept(
        Topic.STORIES,
        goes=("author",),
        signed=("proposer",),
        deed=("number", "group", "proposed_at"),
        others=("proposer",),
        words=("text", "byline"),
    ),
    "stories_printed": Kept(Topic.STORIES),
    "story_levels": Kept(
        Topic.STORIES,
        signed=("decided_by",),
        deed=("story", "network", "since"),
        others=("decided_by",),
        words=("headline",),
        through=("story", "stories", "number"),
    ),
    "timezones": Kept(Topic.DIGESTS, goes=("person",)),
    "transactions": Kept(Topic.PASSING, words=("body",)),
    "undertakings": Kept(Topic.PASSING, goes=("person",)),
    "upgrades": Kept(Topic.ROLES, signed=("by",), deed=("place", "at", "state")),
    "wished_rooms": Kept(Topic.ROLES, goes=("by",)),
    "wishes": Kept(Topic.CHOICES, goes=("user",)),
}
