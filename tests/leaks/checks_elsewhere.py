"""Checks of what may be told besides those of the directory: on pages, in rooms, in answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appservice import public_items, public_news
from appservice.hsds import records, served
from appservice.ics import CalendarFiles
from bot import audience
from bot.networks import rules
from spaces import finding, publishing, wanted

PIECES: Mapping[Any, tuple[tuple[str, str, str], ...]] = {
    public_news.public_network: (
        (
            "pages: of public networks alone",
            "network is None or network.access is not Access.PUBLIC",
            "network is None",
        ),
        (
            "pages: of active networks alone",
            "network if landscape.status_of(network.id) is Status.ACTIVE else None",
            "network",
        ),
    ),
    public_items._is_told: (("pages: the way of a story", "place in sight.finds and ", ""),),
    public_items.stories_told: (
        ("pages: what may be printed", "one.may_print and ", ""),
        (
            "pages: where a story stands",
            " and stands(work.landscape, one, levels[one.number], network)",
            "",
        ),
    ),
    public_items.announcements_told: (
        ("pages: what is written by hand", "and not one.by_hand", ""),
        ("pages: whose announcement it is", "and one.network in sight.finds", ""),
    ),
    CalendarFiles.calendar: (
        ("calendars: of public networks", "network.access is not Access.PUBLIC or ", ""),
    ),
    records.Records._alone: (
        ("API: how to reach somebody", "self.sight is None or may_contact(self.sight, listing)", "True"),
    ),
    served.records_for: (("API: whose service it is", " if one.network in networks", ""),),
    wanted._children: (
        ("rooms: networks by invitation", "if child.access is not Access.INVITE:", "if True:"),
        ("rooms: groups by invitation", "(group.is_kit or group.access is not Access.INVITE)", "True"),
    ),
    publishing.published_under: (("rooms: who is listed", "place.access is not Access.PUBLIC or ", ""),),
    publishing._topmost_public: (("rooms: where it is listed", " if _is_public(landscape, parent)", ""),),
    finding.find_place: (("answers: what is meant", " if may_see(landscape, standing, p)", ""),),
    rules.all_named: (("answers: what is named", " if may_see(landscape, standing, p)", ""),),
    audience.audience_of: (("answers: who reads them", "if call.heard.is_direct:", "if True:"),),
    audience.require_fit: (("answers: what fits there", "not may_see(landscape, audience, place)", "False"),),
}
"""As in `checks.py`; the worlds of `everywhere.py` notice them."""

SHORTLY = (
    "pages: what may be printed",
    "calendars: of public networks",
    "API: whose service it is",
    "rooms: networks by invitation",
    "answers: what is meant",
    "answers: who reads them",
)
"""Those that each run of the tests takes away."""
