"""Whatever a stranger types, nothing hidden is in what leaves us, and what is hidden is what is not there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from appservice.store.database import Database
from bot.audience import audience_of
from bot.repertoire import all_commands
from config.blueprints import template
from spaces.identifiers import UserId
from tests.appservice.stage import ALICE, SHARED
from tests.databases import Databases, driven
from tests.leaks.asked import OF_NUMBERS, OF_PLACES, OF_WORDS, PLAIN, PLAINLY
from tests.leaks.furnishing import Furnished, furnished, with_nothing_hidden
from tests.leaks.hiding import CARA, DAN, EVE, Answer
from tests.leaks.without import Check, taken_away

_KNOWN_TO_DAN = ("group", "a contact for members", "the Matrix ID of a member")
"""Of canaries: he coordinates Somerset, which has the groups."""


@dataclass(frozen=True)
class Pair:
    """What is typed of something hidden, and the same of what is not there; what differs in them."""

    hidden: str
    nothing: str
    fill: str
    twin: str


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(databases: Databases) -> AsyncIterator[Furnished]:
    """One place for all of them: what they ask changes nothing of it."""
    with databases.empty() as url:
        database = Database(driven(url))
        yield await furnished(database)
        await database.close()


async def test_every_command_is_asked() -> None:
    typed = " | ".join((*OF_PLACES, *OF_NUMBERS, *OF_WORDS, *PLAIN))
    missing = [c.name for c in all_commands(template) if f"{c.name} " not in f"{typed} "]
    assert missing == []


@pytest.mark.parametrize("who", [CARA, DAN])
async def test_a44_a45_what_is_hidden_is_answered_like_what_is_not_there(
    there: Furnished, who: UserId
) -> None:
    pairs = list(_pairs(there, who))
    there.place.outbound.clear()
    about_hidden = await there.place.asks(who, [pair.hidden for pair in pairs])
    about_nothing = await there.place.asks(who, [pair.nothing for pair in pairs])
    told = []
    for pair, one, other in zip(pairs, about_hidden, about_nothing, strict=True):
        if _without(one, pair.fill) != _without(other, pair.twin):
            told.append(f"{pair.hidden!r}\n  is told   {one.said}\n  and of {pair.nothing!r} {other.said}")
        told += [
            f"{pair.hidden!r} is told {what}: {one.said}"
            for what in _canaries(there, who, one.said, pair.fill)
        ]
    assert not told, "\n".join(told)


def _without(answer: Answer, fill: str) -> list[str]:
    """What was said, without what was typed: all of it, or where that is what is quoted, its first word."""
    typed = "|".join(re.escape(one) for one in (fill, fill.split()[0]))
    return [re.sub(typed, "…", said, flags=re.IGNORECASE) for said in answer.said]


def _canaries(there: Furnished, who: UserId, said: Iterable[str], typed: str = "") -> list[str]:
    """What has come out that was not typed."""
    texts = "\n".join(said).casefold()
    out = {
        what for word, what in there.place.canaries.items() if word in texts and word not in typed.casefold()
    }
    return sorted(what for what in out if not _knows(who, what))


def _knows(who: UserId, what: str) -> bool:
    return who == DAN and what.endswith(_KNOWN_TO_DAN)


def _pairs(there: Furnished, who: UserId) -> Iterable[Pair]:
    """All rows of one thing of each sort, and of the others what asks for them most plainly."""
    for n, (fill, twin) in enumerate(_spellings(there, who)):
        rows = OF_PLACES if n < 2 else [row for row in OF_PLACES if row in PLAINLY]
        yield from (Pair(row.format(place=fill), row.format(place=twin), fill, twin) for row in rows)
    for n, number in enumerate(there.numbers):
        rows = OF_NUMBERS if n < 1 else [row for row in OF_NUMBERS if row in PLAINLY]
        yield from (Pair(row.format(number=number), row.format(number=_NO), str(number), _NO) for row in rows)
    for n, (fill, twin) in enumerate(_words(there, who)):
        rows = OF_WORDS if n < 1 else [row for row in OF_WORDS if row in PLAINLY]
        yield from (Pair(row.format(word=fill), row.format(word=twin), fill, twin) for row in rows)


_NO = "54321"


def _spellings(there: Furnished, who: UserId) -> Iterable[tuple[str, str]]:
    """Name, short name, alias, our id, the room's id, and a link to it; Dan coordinates the groups."""
    for _, name, slug in there.places:
        if who == DAN and "/" in slug:
            continue
        twin = _twin(there, name)
        yield name, twin
        yield slug, slug.replace(name.split()[0], twin.split()[0])
    place, name, slug = there.places[0]
    twin = slug.replace(name.split()[0], there.place.words.new())
    yield f"#hedge_{slug}:hs.test", f"#hedge_{twin}:hs.test"
    for spelling in (place, there.place.stage.places.room(place)):
        yield spelling, f"{spelling[:-4]}zzzz"
        yield f"https://matrix.to/#/{spelling}", f"https://matrix.to/#/{spelling[:-4]}zzzz"


def _twin(there: Furnished, name: str) -> str:
    _, *rest = name.split()
    return " ".join([there.place.words.new(), *rest])


def _words(there: Furnished, who: UserId) -> Iterable[tuple[str, str]]:
    """Every canary, and a beginning, and one with another letter of it."""
    hidden = [word for word, what in there.place.canaries.items() if not _knows(who, what)]
    for n, word in enumerate(hidden):
        twin = there.place.words.new()
        yield word, twin
        if n % 3 == 0:
            yield word[:6], twin[:6]
            yield f"{word[:4]}s{word[5:]}", f"{twin[:4]}s{twin[5:]}"


@pytest.mark.parametrize("who", [CARA, DAN])
async def test_a44_no_canary_is_in_anything_that_leaves_us(there: Furnished, who: UserId) -> None:
    there.place.outbound.clear()
    topics = [f"help {command.name}" for command in all_commands(template)]
    answers = await there.place.asks(who, [*PLAIN, *topics])
    assert all(answer.said for answer in answers)
    _all_clean(there, who)


async def test_a44_among_several_nothing_is_said_that_not_all_may_see(there: Furnished) -> None:
    """Alice sees all of it; she asks in a room where others read."""
    there.place.outbound.clear()
    await there.place.stage.knows(SHARED, None)
    rows = [
        *PLAIN,
        *(row.format(place="somerset") for row in OF_PLACES if row.startswith(("find", "show", "tree"))),
    ]
    answers = await there.place.asks(ALICE, [f"!hedge {row}" for row in rows], SHARED)
    assert any(answer.said for answer in answers)
    _all_clean(there, CARA)


_SHARED_WORDS = ("painting", "paintin", "paintong", "ladder", "lader", "garden", "trust", "tours", "mill")


async def test_a44_a_stranger_is_told_what_they_are_told_where_nothing_is_hidden(
    there: Furnished, databases: Databases
) -> None:
    """So no count, no order, no guess and no hint to something elsewhere tells of it."""
    places = [row.format(place="somerset") for row in OF_PLACES]
    finds = [
        f"find {word}{more}" for word in _SHARED_WORDS for more in ("", " --in somerset", " --near bath")
    ]
    rows = [*PLAIN, *places, *finds, "help find", "help offer", "find gardne --in somerset"]
    with databases.empty() as url:
        database = Database(driven(url))
        bare, _ = await with_nothing_hidden(database)
        told, untold = await there.place.asks(EVE, rows), await bare.asks(EVE, rows)
        await database.close()
    differing = [
        (one, other) for one, other in zip(told, untold, strict=True) if _drawn(one) != _drawn(other)
    ]
    assert differing == []


def _drawn(answer: Answer) -> list[str]:
    """Without the numbers and ids that are drawn."""
    drawn = r"\b\d{5}\b|[ng]\.[a-z2-7]{16}"
    return [re.sub(drawn, "…", said) for said in answer.said]


async def test_where_the_speaker_counts_and_not_who_reads_the_canaries_are_seen(there: Furnished) -> None:
    speakers = Check("room: who reads", audience_of, "if call.heard.is_direct:", "if True:")
    with taken_away(speakers), pytest.raises(AssertionError):
        await test_a44_among_several_nothing_is_said_that_not_all_may_see(there)


def _all_clean(there: Furnished, who: UserId) -> None:
    assert _canaries(there, who, there.place.outbound) == []


async def test_alice_and_ben_find_what_is_theirs_so_that_there_is_something_to_tell(there: Furnished) -> None:
    """Each canary comes out somewhere, or this proves nothing of it."""
    place = there.place
    place.outbound.clear()
    words = list(place.canaries)
    told = ["announcements", "events", "stories"]
    await place.asks(ALICE, [*(f"find {word}" for word in words), "tree", *told])
    await place.asks(there.ben, [*(f"find {word}" for word in words), "profile", "mine", *told])
    await place.asks(ALICE, ["profile", *(f"show listing {number}" for number in there.numbers[:2])])
    outbound = "\n".join(text for text in place.outbound)
    assert len([word for word in words if outbound.count(word) > 4]) > len(words) / 2
