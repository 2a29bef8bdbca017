"""Whether a message was sent already, where the homeserver may have forgotten the key it was sent under.

Synapse keeps a transaction id for 24 hours; with the device it was sent by, an event tells it for ever
(client-server API, `unsigned.transaction_id`). So what has waited for long is looked for before it is sent.
"""

from __future__ import annotations

from appservice.homeserver import Homeserver
from spaces.identifiers import EventId, RoomId

LOOK_AFTER_SECONDS = 20 * 3600.0
_CLOCKS_APART_SECONDS = 3600.0
_PAGES = 20
_PAGE = 100


async def said_before(homeserver: Homeserver, room: RoomId, txn_id: str, since: float) -> EventId | None:
    """The event that the bot has sent to `room` under that key since then (seconds since 1970), if any.

    It looks at the last 2,000 events. Raises `HomeserverError`.
    """
    oldest = (since - _CLOCKS_APART_SECONDS) * 1000
    start: str | None = None
    for _ in range(_PAGES):
        page = await homeserver.messages(room, start, limit=_PAGE)
        events = [event for event in page.get("chunk", ()) if isinstance(event, dict)]
        for event in events:
            unsigned = event.get("unsigned")
            key = unsigned.get("transaction_id") if isinstance(unsigned, dict) else None
            if key == txn_id and event.get("sender") == homeserver.user:
                return EventId(str(event.get("event_id")))
        end = page.get("end")
        if not events or not isinstance(end, str) or end == start or _time(events[-1]) < oldest:
            return None
        start = end
    return None


def _time(event: dict[str, object]) -> float:
    """When its homeserver says it was sent, in milliseconds."""
    at = event.get("origin_server_ts")
    return float(at) if isinstance(at, (int, float)) else float("inf")
