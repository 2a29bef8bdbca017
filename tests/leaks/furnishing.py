"""Somerset, and what is hidden in it and under it: who makes it types it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appservice.store.database import Database
from spaces.identifiers import PlaceId, UserId
from tests.appservice.stage import ALICE
from tests.leaks.hiding import CARA, DAN, EVE, Place


@dataclass(frozen=True)
class Furnished:
    """`places` are hidden ones with their names and short names; `numbers` are of hidden entries."""

    place: Place
    places: tuple[tuple[PlaceId, str, str], ...]
    numbers: tuple[int, ...]
    ben: UserId


async def furnished(database: Database) -> Furnished:
    place, ben = await with_nothing_hidden(database)
    network, group, invited, archived = [await one(place) for one in (_network, _group, _invited, _archived)]
    await _people(place, ben, network)
    numbers = [await _code(place, network[2])]
    numbers += [*await _listings(place, network[2]), *await _offers(place, ben, network[2])]
    numbers += [await _event(place, network[2])]
    numbers += await _announcements(place, network[2])
    numbers += await _announcements(place, network[2])
    numbers += [await _event(place, network[2])]
    return Furnished(place, (network, group, invited, archived), tuple(numbers), ben)


async def with_nothing_hidden(database: Database) -> tuple[Place, UserId]:
    """What everyone sees, and no more; and Ben."""
    place = Place(database)
    ben = UserId(f"@{place.canary('the Matrix ID of a member')}:hs.test")
    for user in (ALICE, ben, CARA, DAN, EVE):
        await place.knows(user)
    await _somerset(place, ben)
    return place, ben


async def _made(place: Place, typed: str, name: str, user: UserId = ALICE) -> tuple[PlaceId, str, str]:
    await place.tells(user, typed)
    found, slug = await place.named(name)
    return found, name, slug


async def _somerset(place: Place, ben: UserId) -> None:
    somerset, _, _ = await _made(place, "network create Somerset", "Somerset")
    await place.tells(ALICE, "group create Painting --in somerset --access public --topic We paint")
    for user in (ben, DAN):
        await place.joins(user, somerset)
    await place.tells(ALICE, "coordinator add @dan:hs.test --in somerset")
    shown = f"--contact members --email {place.canary('a contact for members')}@example.org"
    about = place.canary("what is said to nobody")
    await place.tells(ALICE, f"list organisation Mill Trust --in somerset {shown}")
    await place.tells(
        ALICE, f"profile set skills: pottery; about: {about}", "profile show public --field skills"
    )
    await place.tells(ben, "offer Long ladder --in somerset")


async def _network(place: Place) -> tuple[PlaceId, str, str]:
    name = f"{place.canary('the name of a network')} garden"
    topic = place.canary("the topic of a network")
    typed = f"network create {name} --under somerset --access invite --topic {topic} painting"
    made = await _made(place, typed, name)
    reason = place.canary("why somebody is banned")
    await place.tells(ALICE, f"ban @troll:hs.test --in {made[2]} --reason {reason}", "yes")
    return made


async def _group(place: Place) -> tuple[PlaceId, str, str]:
    name, topic = place.canary("the name of a private group"), place.canary("the topic of a private group")
    return await _made(place, f"group create {name} --in somerset --topic {topic} painting", name)


async def _invited(place: Place) -> tuple[PlaceId, str, str]:
    name, topic = place.canary("the name of an invite group"), place.canary("the topic of an invite group")
    return await _made(place, f"group create {name} --in somerset --access invite --topic {topic}", name)


async def _archived(place: Place) -> tuple[PlaceId, str, str]:
    name, topic = place.canary("the name of an archived network"), place.canary("the topic of one")
    typed = f"network create {name} --under somerset --access invite --topic {topic}"
    made = await _made(place, typed, name)
    await place.tells(ALICE, f"network archive {made[2]}", "yes")
    return made


async def _people(place: Place, ben: UserId, network: tuple[PlaceId, str, str]) -> None:
    """Ben is in the hidden network, and only its people find what he says."""
    await place.joins(ben, network[0])
    said = "; ".join(f"{one}: {place.canary(f'{one} of a member')}" for one in _FIELDS)
    await place.tells(ben, f"profile set {said} painting", f"profile show network {network[2]}")
    about = place.canary("what is said to nobody")
    await place.tells(
        ALICE, f"profile set skills: pottery; about: {about}", "profile show public --field skills"
    )


_FIELDS = ("skills", "interests", "place", "about")


async def _listings(place: Place, hidden: str) -> list[int]:
    def word(what: str) -> str:
        return place.canary(f"{what} of a hidden listing")

    name = word("name")
    told = await place.tells(
        ALICE,
        f"list organisation {name} trust --in {hidden} --about {word('about')} painting "
        f"--place {word('place')} --email {word('email')}@example.org --web https://{word('web')}.example.org",
    )
    by = _number(told)
    told = await place.tells(ALICE, f"list service {word('service')} tours --by {by} --about {word('about')}")
    return [by, _number(told)]


async def _code(place: Place, hidden: str) -> int:
    return _number(await place.tells(ALICE, f"code create {hidden}"))


async def _offers(place: Place, ben: UserId, hidden: str) -> list[int]:
    typed = (
        f"offer {place.canary('an offer')} ladder --in {hidden}",
        f"want {place.canary('a want')} painting --in {hidden}",
        f"offer {place.canary('a closed offer')} ladder --in somerset",
    )
    answers = [await place.tells(ben, one) for one in typed]
    numbers = [_number(answer) for answer in answers]
    await place.tells(ben, f"close {numbers[2]} --unmet")
    return numbers


async def _event(place: Place, hidden: str) -> int:
    called, at = place.canary("an event"), place.canary("where an event is")
    return _number(await place.tells(ALICE, f"event {called} friday noon --at {at} --in {hidden}"))


async def _announcements(place: Place, hidden: str) -> list[int]:
    """One that stands, and one that is taken back."""
    numbers = []
    for what in ("an announcement", "an announcement taken back"):
        told = await place.tells(ALICE, f"announce {hidden} {place.canary(what)} painting", "yes")
        numbers.append(_number(told.rpartition("announcement withdraw ")[2]))
    await place.tells(ALICE, f"announcement withdraw {numbers[1]}", "yes")
    return numbers


async def _event(place: Place, hidden: str) -> int:
    called, at = place.canary("an event"), place.canary("where an event is")
    return _number(await place.tells(ALICE, f"event {called} friday noon --at {at} --in {hidden}"))


def _number(told: str) -> int:
    found = re.search(r"\b\d{5}\b", told)
    assert found is not None, told
    return int(found.group())
