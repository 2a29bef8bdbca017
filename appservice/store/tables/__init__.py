"""Every table, by what it is for. Times are seconds since 1970 (float); JSON is text."""

from __future__ import annotations

from appservice.store.tables.acting import acting
from appservice.store.tables.activity import messages, open_histories
from appservice.store.tables.adopting import adoptions, adoptions_shown
from appservice.store.tables.allowance import people_shown
from appservice.store.tables.announcements import (
    announcement_declines,
    announcement_posts,
    announcement_texts,
    announcements,
)
from appservice.store.tables.arrivals import arrivals
from appservice.store.tables.by_hand import (
    hand_marks,
    last_words,
    nominations,
    orphans,
    put_back,
    silences,
    upgrades,
    wished_rooms,
)
from appservice.store.tables.calendar import calendar_addresses, occasion_answers, occasions
from appservice.store.tables.coming_in import (
    applications,
    code_tries,
    codes,
    invitation_outcomes,
    invitations,
    invitations_shown,
)
from appservice.store.tables.company import conversations, memberships, rooms
from appservice.store.tables.conversation import awaited, people
from appservice.store.tables.digests import (
    digest_editions,
    digest_subscriptions,
    digests_without,
    timezones,
)
from appservice.store.tables.directory import directory, directory_open, directory_trigrams
from appservice.store.tables.encryption import complaints, deciphered, encrypted_rooms
from appservice.store.tables.erasures import erasures
from appservice.store.tables.imports import imports
from appservice.store.tables.journal import audit, audit_networks, marks
from appservice.store.tables.landscape import (
    bans,
    coordinators,
    groups,
    links,
    networks,
    shares,
    slugs,
    snapshots,
)
from appservice.store.tables.listing_questions import listing_questions
from appservice.store.tables.listings import listings
from appservice.store.tables.market import posting_asks, postings
from appservice.store.tables.metadata import NAMES_A_PLACE, metadata
from appservice.store.tables.profiles import profile_checks, profile_shown, profiles
from appservice.store.tables.stories import stories, stories_printed, story_levels
from appservice.store.tables.traffic import events, outbox, transactions, undertakings
from appservice.store.tables.ways import admissions, departures, offers, recounts, wishes

__all__ = [
    "NAMES_A_PLACE",
    "acting",
    "admissions",
    "adoptions",
    "adoptions_shown",
    "announcement_declines",
    "announcement_posts",
    "announcement_texts",
    "announcements",
    "applications",
    "arrivals",
    "audit",
    "audit_networks",
    "awaited",
    "bans",
    "calendar_addresses",
    "code_tries",
    "codes",
    "complaints",
    "conversations",
    "coordinators",
    "deciphered",
    "departures",
    "digest_editions",
    "digest_subscriptions",
    "digests_without",
    "directory",
    "directory_open",
    "directory_trigrams",
    "encrypted_rooms",
    "erasures",
    "events",
    "groups",
    "hand_marks",
    "imports",
    "invitation_outcomes",
    "invitations",
    "invitations_shown",
    "last_words",
    "links",
    "listing_questions",
    "listings",
    "marks",
    "memberships",
    "messages",
    "metadata",
    "networks",
    "nominations",
    "occasion_answers",
    "occasions",
    "offers",
    "open_histories",
    "orphans",
    "outbox",
    "people",
    "people_shown",
    "posting_asks",
    "postings",
    "profile_checks",
    "profile_shown",
    "profiles",
    "put_back",
    "recounts",
    "rooms",
    "shares",
    "silences",
    "slugs",
    "snapshots",
    "stories",
    "stories_printed",
    "story_levels",
    "timezones",
    "transactions",
    "undertakings",
    "upgrades",
    "wished_rooms",
    "wishes",
]
