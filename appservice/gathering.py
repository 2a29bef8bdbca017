"""Everything that is kept about one person as a file, for them alone: gathered when it goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from appservice.files import File
from appservice.store import holding
from appservice.store.holding import Held
from bot.languages import words_in
from bot.privacy.topics import TOPICS, Topic
from spaces.access import may_see
from spaces.actions import SendFile
from spaces.identifiers import PlaceId, UserId
from spaces.sentences import plain, sentence

if TYPE_CHECKING:
    from appservice.encryption import Encryption
    from appservice.work import UnitOfWork
    from appservice.works import Works

NAME = "hedgerow-my-data"
_KINDS = {"json": "application/json", "txt": "text/plain; charset=utf-8"}


class Gathering:
    """Gathers what is kept about people. `encryption`: None where it is off."""

    def __init__(self, works: Works, encryption: Encryption | None = None) -> None:
        self._works = works
        self._encryption = encryption

    async def gathered(self, action: SendFile) -> File:
        """The file that the action is to send."""
        user = UserId(action.content["person"])
        async with self._works.preview(user) as work:
            held = await holding.held_on(work.connection, user)
            places = await _names_of_places(work, user)
        held += [Held(Topic.KEYS, "devices", {"device": one}) for one in self._devices(user)]
        at = datetime.fromtimestamp(self._works.surroundings.now(), UTC)
        if action.form == "json":
            text = _as_json(user, held, places, at)
        else:
            text = _as_text(user, held, places, at, action.content["language"])
        return File(f"{NAME}.{action.form}", _KINDS[action.form], text.encode("utf-8", "replace"))

    def _devices(self, user: UserId) -> Sequence[str]:
        return [] if self._encryption is None else self._encryption.devices_of(user)


async def _names_of_places(work: UnitOfWork, user: UserId) -> dict[str, str]:
    """What the places are called that they may see; of the others only the id is told."""
    landscape, standing = work.landscape, await work.standing_of(user)
    places: list[PlaceId] = [*landscape.networks, *landscape.groups]
    return {place: landscape.slug_of(place) for place in places if may_see(landscape, standing, place)}


def _as_json(user: UserId, held: Sequence[Held], places: dict[str, str], at: datetime) -> str:
    by_table: dict[str, list[Any]] = {}
    for one in held:
        by_table.setdefault(one.table, []).append(dict(one.values))
    named = {place: slug for place, slug in places.items() if f'"{place}"' in json.dumps(by_table)}
    whole = {"about": user, "at": at.isoformat(timespec="seconds"), "places": named, "kept": by_table}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def _as_text(user: UserId, held: Sequence[Held], places: dict[str, str], at: datetime, language: str) -> str:
    words = words_in(language)
    first = sentence(
        "Everything that is kept about {person}, on {date} (all times are UTC)",
        person=user,
        date=f"{at:%Y-%m-%d}",
    )
    lines = [plain(first, words), ""]
    for topic in Topic:
        of_it = [one for one in held if one.topic is topic]
        if of_it:
            lines += [f"{plain(TOPICS[topic], words)}", *_items(of_it, places), ""]
    return "\n".join(lines)


def _items(held: Sequence[Held], places: dict[str, str]) -> Iterator[str]:
    for one in held:
        said = "; ".join(
            f"{name.replace('_', ' ')}: {_said(value, places)}" for name, value in one.values.items()
        )
        yield f"- {said or one.table.replace('_', ' ')}"


def _said(value: Any, places: dict[str, str]) -> str:
    if isinstance(value, str):
        return " ".join(places.get(value, value).split())
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
