"""In which language people are told and answered, and whose choice counts."""

from __future__ import annotations

import pytest

from appservice.languages import usual
from appservice.listeners import Listeners
from appservice.store.database import Database
from bot.conversation import Conversation
from bot.networks import network_commands
from bot.reply import from_json, plain, say
from bot.speaking import Speaking
from config.blueprints import template
from spaces.access import Standing
from spaces.actions import Say
from spaces.identifiers import GroupId, NetworkId, PlaceId, Slug
from spaces.landscape import Landscape
from spaces.network import Group, Link, Network
from tests.appservice.stage import ALICE, BEN, BOT, DIRECT, Stage, message

SOMERSET, ARTS, CHOIRS, HEALTH = (NetworkId(f"n.{number:016}") for number in range(4))
SINGING = GroupId(f"g.{1:016}")
WELSH, ENGLISH = "Mae popeth yn iawn.", "All is well."


def landscape(**languages: str) -> Landscape:
    """Choirs under Arts under Somerset, with a group for singing; Health beside them."""
    names = {"Somerset": SOMERSET, "Arts": ARTS, "Choirs": CHOIRS, "Health": HEALTH}
    networks = [
        Network(network, name, Slug.of_name(name), language=languages.get(name, ""))
        for name, network in names.items()
    ]
    group = Group(SINGING, CHOIRS, "Singing", Slug("singing"))
    return Landscape().having(*networks, group, Link(SOMERSET, ARTS), Link(ARTS, CHOIRS))


async def said(stage: Stage) -> list[str]:
    return [plain(from_json(a.content["document"])) for a in await stage.waiting() if isinstance(a, Say)]


async def test_everybody_is_told_in_the_language_that_they_chose(stage: Stage) -> None:
    async with stage.works.begin(ALICE) as work:
        await work.set_language(BEN, "cy")
    async with stage.works.begin(ALICE) as work:
        for person in (ALICE, BEN):
            await work.tell(person, say(ENGLISH), said="so")
    assert sorted(await said(stage)) == [ENGLISH, WELSH]


async def test_the_answer_to_a_choice_is_in_the_language_chosen_and_so_is_the_next(
    database: Database,
) -> None:
    commands = network_commands(template).including(Speaking())
    stage = Stage(database, Listeners(Conversation(commands, BOT), BOT))
    await stage.knows(DIRECT, ALICE)
    for number, text in enumerate(("status", "language cy", "status")):
        await stage.push(message(number, text), txn=str(number))
        await stage.work_off()
    starts = [text.splitlines()[0] for text in await said(stage)]
    assert starts == [ENGLISH, "Byddaf yn siarad Cymraeg â chi o hyn ymlaen.", WELSH]


@pytest.mark.parametrize(
    ("here", "joined", "languages", "spoken"),
    [
        (None, {ARTS}, {}, "en"),
        (None, {ARTS}, {"Arts": "cy"}, "cy"),
        (None, {SINGING}, {"Choirs": "cy"}, "cy"),
        (None, {ARTS, HEALTH}, {"Arts": "cy"}, "cy"),
        (None, {ARTS, HEALTH}, {"Arts": "cy", "Health": "en"}, "en"),
        (None, set(), {"Arts": "cy"}, "en"),
        (ARTS, set(), {"Arts": "cy"}, "cy"),
        (SINGING, {HEALTH}, {"Somerset": "cy", "Health": "en"}, "cy"),
        (SINGING, set(), {"Somerset": "cy", "Arts": "en"}, "en"),
        (HEALTH, {ARTS}, {"Arts": "cy"}, "en"),
    ],
)
def test_who_has_chosen_none_is_spoken_to_in_that_of_the_network(
    here: PlaceId | None, joined: set[PlaceId], languages: dict[str, str], spoken: str
) -> None:
    standing = Standing(ALICE, joined=frozenset(joined))
    assert usual(landscape(**languages), standing, here, "en", direct=here is None) == spoken


def test_in_a_room_of_several_that_is_nobodys_only_the_servers_language_is_spoken() -> None:
    """Anything else would tell what somebody is in."""
    standing = Standing(ALICE, joined=frozenset({ARTS}))
    assert usual(landscape(Arts="cy"), standing, None, "en", direct=False) == "en"
