"""The index on both databases: what is put into it is found, as far as the asker may."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appservice.directory import follow
from appservice.store import directory, indexing
from appservice.store.database import Database
from bot.directory.ports import Match, Term
from bot.directory.searching import Answer, Question, search
from bot.directory.words import tokens_of, words_of
from spaces.access import Sight, Sights, Standing, may_find
from spaces.directory import Entry, ListingKind, Seen
from spaces.identifiers import NetworkId, PlaceId, UserId
from spaces.landscape import Landscape
from spaces.nearness import Nearness
from spaces.network import Access
from tests.appservice.stage import Stage
from tests.bot.directory.fake import FakeDirectory
from tests.spaces.worlds import changed_landscapes

pytestmark = pytest.mark.both_databases

MIA = UserId("@mia:example.org")
ARTS, HEALTH, QUIET = NetworkId("n.arts"), NetworkId("n.health"), NetworkId("n.quiet")
SIGHT = Sight(MIA, frozenset({ARTS, HEALTH}), frozenset({ARTS}))


def listing(key: str, title: str, **more: object) -> Entry:
    values: dict[str, object] = {"seen": Seen.FINDERS, "place": ARTS, "network": ARTS, **more}
    return Entry(ListingKind.SERVICE, key, title, **values)


class Kept:
    """The index in a database, each question in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put(self, *entries: Entry, gone: tuple[tuple[ListingKind, str], ...] = ()) -> None:
        async with self.database.writing() as connection:
            await indexing.put(connection, entries, gone)

    async def candidates(self, match, sight, most):
        async with self.database.reading() as connection:
            return await directory.candidates(connection, match, sight, most, 0.0)

    async def parts_of(self, keys, sight):
        async with self.database.reading() as connection:
            return await directory.parts_of(connection, keys, sight, 0.0)

    async def words_like(self, word: str):
        async with self.database.reading() as connection:
            return await directory.words_like(connection, word)

    async def find(self, text: str, sight: Sight = SIGHT, **more: object) -> Answer:
        question = Question(text, **more)
        return await search(self, sight, Nearness(Landscape(), sight), question)

    async def titles(self, text: str, sight: Sight = SIGHT, **more: object) -> list[str]:
        return [hit.entry.title for hit in (await self.find(text, sight, **more)).hits]


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


@pytest.mark.parametrize(
    "typed",
    [
        "minibuses",
        "MINIBUS",
        "minib",
        "minbus",
        "minibis",
        "mniibus",
        "the minibus",
        "cafe minibus",
        "villages",
    ],
)
async def test_forms_beginnings_and_one_wrong_letter_find(kept: Kept, typed: str) -> None:
    await kept.put(listing("1", "Minibus for hire", about="Outside the Café", located="Village Hall"))
    assert await kept.titles(typed) == ["Minibus for hire"]


async def test_what_is_hidden_is_not_found_however_it_is_looked_for(kept: Kept) -> None:
    await kept.put(
        listing("1", "Harp lessons", place=QUIET, network=QUIET),
        listing("2", "Harp club", seen=Seen.MEMBERS, place=HEALTH),
        listing("3", "Harpsichord", seen=Seen.NOBODY),
    )
    for typed in ("harp", "Harp lessons", "hrap", "harp club", "ha", "harpsicord"):
        answer = await kept.find(typed)
        assert answer == Answer(())


async def test_the_best_comes_first_and_what_is_stale_last(kept: Kept) -> None:
    await kept.put(
        listing("1", "Food bank", stale=True),
        listing("2", "Advice", about="We know each food bank"),
        listing("3", "Food bank of the town"),
        listing("4", "Food bank"),
    )
    assert await kept.titles("food bank") == ["Food bank", "Food bank of the town", "Advice", "Food bank"]


async def test_a_change_holds_at_once_and_words_are_forgotten_with_the_last_entry(kept: Kept) -> None:
    await kept.put(listing("1", "Trombone lessons"))
    assert (await kept.words_like("trombone"))[0] == "trombone"
    await kept.put(listing("1", "Oboe lessons"))
    assert await kept.titles("trombone") == []
    assert await kept.words_like("trombone") == []
    assert await kept.titles("oboe") == ["Oboe lessons"]
    await kept.put(gone=((ListingKind.SERVICE, "1"),))
    assert await kept.titles("oboe") == []


async def test_what_has_ended_is_not_found(kept: Kept) -> None:
    await kept.put(listing("1", "Sale", ends_at=-1.0), listing("2", "Late sale", ends_at=1.0))
    assert await kept.titles("sale") == ["Late sale"]


async def test_kinds_networks_and_places_narrow_what_is_found(kept: Kept) -> None:
    await kept.put(
        listing("1", "Choir", located="Taunton"),
        listing("2", "Choir practice", located="Bath", network=HEALTH, place=HEALTH),
    )
    assert await kept.titles("choir", near="taunton") == ["Choir"]
    assert await kept.titles("choir", within=frozenset({HEALTH})) == ["Choir practice"]
    assert await kept.titles("choir", kinds=frozenset({ListingKind.OFFER})) == []


async def test_without_words_all_of_a_kind_or_network_comes_the_newest_first(kept: Kept) -> None:
    await kept.put(listing("1", "Choir"), listing("2", "Band"), listing("3", "Ringers", network=HEALTH))
    assert await kept.titles("", kinds=frozenset({ListingKind.SERVICE})) == ["Ringers", "Band", "Choir"]
    assert await kept.titles("", within=frozenset({ARTS})) == ["Band", "Choir"]
    assert await kept.titles("") == []
    assert await kept.titles("!?", kinds=frozenset({ListingKind.SERVICE})) == []


async def test_a_word_of_a_hidden_entry_finds_no_other_of_its_stem(kept: Kept) -> None:
    await kept.put(listing("1", "Chores"), listing("2", "Choring", place=QUIET))
    assert await kept.find("chorixg") == Answer(())
    assert await kept.titles("chorez") == ["Chores"]


async def test_far_off_words_are_guessed_from_what_may_be_found_only(kept: Kept) -> None:
    await kept.put(listing("1", "Accordion"), listing("2", "Accordance", place=QUIET))
    assert (await kept.find("acordien")).guesses == ("accordion",)


async def test_a_sign_that_stands_for_capital_letters_is_found_by_small_ones(kept: Kept) -> None:
    await kept.put(listing("1", "Tea™"))
    assert await kept.titles("teatm") == ["Tea™"]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


async def test_the_store_and_the_rules_agree_on_what_is_found_and_who_may(kept: Kept) -> None:
    fake = FakeDirectory()
    number = 0

    @given(
        text=TEXTS,
        seen=st.sampled_from(Seen),
        place=st.sampled_from([ARTS, HEALTH, QUIET, None]),
        owner=st.sampled_from([MIA, None]),
    )
    @example("it", Seen.EVERYONE, None, None)
    @example("its number", Seen.EVERYONE, None, None)
    @example("™", Seen.EVERYONE, None, None)
    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    def entries(text: str, seen: Seen, place: PlaceId | None, owner: UserId | None) -> None:
        nonlocal number
        number += 1
        made.append(Entry(ListingKind.OFFER, str(number), text, seen, place, None, owner))

    made: list[Entry] = []
    entries()
    await kept.put(*made)
    await fake.put(made)
    words = sorted({word for entry in made for word in words_of(entry.title)})
    for word in words:
        match = Match((Term((word,)),), in_title=True)
        found = {one.entry for one in await kept.candidates(match, SIGHT, 1000)}
        assert found == {one.entry for one in await fake.candidates(match, SIGHT, 1000)}, repr(word)
        assert found == {e for e in made if word in tokens_of(e.title).split() and may_find(SIGHT, e)}


async def test_networks_and_groups_come_into_it_as_they_are_made_and_changed(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts and crafts")
    async with stage.works.begin("test") as work:
        stranger = Sight(MIA, frozenset({arts}), frozenset())
        match = Match((Term(("craft",)),))
        assert [c.entry.key for c in await work.directory.candidates(match, stranger, 9)] == [arts]


async def test_what_everybody_finds_follows_every_change_of_the_landscape(kept: Kept) -> None:
    steps: list[tuple[Landscape, Landscape]] = []

    @given(changed_landscapes())
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def grown(change: tuple[Landscape, Landscape]) -> None:
        steps.append(change)

    grown()
    for before, after in steps:
        async with kept.database.writing() as connection:
            await follow(connection, Landscape(), before)
            assert await directory.everybodys(connection) == Sights(before).everybodys
            await follow(connection, before, after)
            assert await directory.everybodys(connection) == Sights(after).everybodys
            await follow(connection, after, Landscape())
            assert await directory.everybodys(connection) == frozenset()


async def test_at_the_start_what_everybody_finds_is_put_right(database: Database) -> None:
    stage = Stage(database)
    arts = await stage.found("Arts and crafts")
    async with database.writing() as connection:
        await indexing.open_and_shut(connection, {QUIET}, {arts})
    await stage.works.fill_directory()
    async with database.reading() as connection:
        everybodys = Sights(await stage.works.landscape()).everybodys
        assert await directory.everybodys(connection) == everybodys
        assert arts in everybodys


async def test_before_a_change_is_committed_nothing_is_found_by_what_was_open(
    database: Database,
) -> None:
    stage = Stage(database)
    arts, _ = await stage.found("Arts and crafts"), await stage.found("Health")
    async with stage.works.begin("test") as work:
        shut = replace(work.landscape.networks[arts], access=Access.INVITE)
        await work.change(work.landscape.having(shut), what="describe", about=arts)
        sight = work.directory.sight_of(Standing(MIA))
        match = Match((Term(("craft",)),))
        assert await work.directory.candidates(match, sight, 9) == []
