"""What kinds of things are kept of people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from spaces.sentences import Sentence, sentence


class Topic(StrEnum):
    """What something that is kept of a person is about, in the order in which it is told."""

    PROFILE = "profile"
    ROOMS = "rooms"
    ROLES = "roles"
    INVITATIONS = "invitations"
    APPLICATIONS = "applications"
    CODES = "codes"
    STORIES = "stories"
    ANNOUNCEMENTS = "announcements"
    EVENTS = "events"
    MARKET = "offers and wants"
    LISTINGS = "listings"
    DIGESTS = "digests"
    ACTIVITY = "activity"
    BANS = "bans"
    LOG = "audit log"
    CHOICES = "choices"
    KEYS = "keys"
    PASSING = "what passes through"


TOPICS: Mapping[Topic, Sentence] = {
    Topic.PROFILE: sentence("What you say about yourself, and to whom you show it"),
    Topic.ROOMS: sentence("The rooms that you are in, and what they say of you"),
    Topic.ROLES: sentence("What you look after"),
    Topic.INVITATIONS: sentence("Invitations"),
    Topic.APPLICATIONS: sentence("Requests to join"),
    Topic.CODES: sentence("Codes"),
    Topic.STORIES: sentence("Stories"),
    Topic.ANNOUNCEMENTS: sentence("Announcements"),
    Topic.EVENTS: sentence("Events, and your calendar"),
    Topic.MARKET: sentence("Offers and wants, and what you asked about"),
    Topic.LISTINGS: sentence("Listings that you look after"),
    Topic.DIGESTS: sentence("Digests"),
    Topic.ACTIVITY: sentence("That you wrote something in a room, not what"),
    Topic.BANS: sentence("Bans"),
    Topic.LOG: sentence("The audit log"),
    Topic.CHOICES: sentence("What you have chosen, and what I have asked you"),
    Topic.KEYS: sentence("Your devices, by which I speak with you encrypted"),
    Topic.PASSING: sentence("What only passes through, and what keeps it from being done twice"),
}
