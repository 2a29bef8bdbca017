"""What a blueprint becomes in room versions 10, 11 and 12: the state of its rooms, and who gets in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.second_client import Json, Refused, SecondClient
from tests.synapse.hedge import Hedge
from tests.synapse.home import BOT, SERVER, Home, Room, user
from tests.synapse.running import written
from tests.synapse.talking import names

_EVENTS = {
    **dict.fromkeys(("m.room.name", "m.room.topic", "m.room.avatar", "m.room.pinned_events"), 50),
    **dict.fromkeys(("m.room.canonical_alias", "m.space.child", "m.room.power_levels"), 50),
    **dict.fromkeys(("m.room.join_rules", "m.room.history_visibility", "m.room.guest_access"), 100),
    **dict.fromkeys(("m.room.encryption", "m.room.server_acl", "m.space.parent"), 100),
    "m.reaction": 0,
    "m.room.redaction": 0,
}


@dataclass
class Built:
    """What `apply` has made: the rooms by the names that stand in the blueprint."""

    home: Home
    hedge: Hedge
    version: str
    blueprint: Path
    rooms: dict[str, Room]

    def __getitem__(self, name: str) -> Room:
        return self.rooms[name.replace("Arts", f"Arts {self.version}")]

    def person(self, name: str) -> str:
        return f"{name}{self.version}"


def _blueprint(version: str) -> dict[str, Any]:
    arts, ann, hal = f"Arts {version}", user(f"ann{version}"), user(f"hal{version}")
    groups = [
        {"name": f"{arts} painting", "topic": "Oil and water"},
        {"name": f"{arts} open house", "access": "public"},
        {"name": f"{arts} trustees", "access": "invite"},
        {"name": f"{arts} jury", "access": "invite", "listed": True},
        {"name": f"{arts} diaries", "encrypted": True},
    ]
    below = {"name": f"{arts} below", "access": "private", "coordinators": [hal]}
    council = {"name": f"{arts} council", "access": "invite", "coordinators": [ann]}
    network = {"name": arts, "topic": "Paint & song", "coordinators": [ann], "groups": groups}
    bridge = {
        "name": f"{arts} & health",
        "between": [arts, f"{arts} hospital"],
        "coordinators": [ann],
        "groups": [{"name": f"{arts} on the ward"}],
    }
    hospital = {"name": f"{arts} hospital", "access": "private", "coordinators": [hal]}
    return {"networks": [{**network, "networks": [below, council]}, hospital], "bridges": [bridge]}


@pytest.fixture(scope="module", params=["10", "11", "12"])
def built(request: pytest.FixtureRequest, home: Home, tmp_path_factory: pytest.TempPathFactory) -> Built:
    version: str = request.param
    directory = tmp_path_factory.mktemp(f"version{version}")
    hedge = Hedge(home, directory, {"HEDGEROW_ROOMS__VERSION": version})
    blueprint = written(directory / "blueprint.yaml", _blueprint(version))
    asyncio.run(home.begin_anew())
    applied = asyncio.run(hedge.apply(blueprint))
    assert applied.code == 0, applied
    return Built(home, hedge, version, blueprint, asyncio.run(home.landscape()))


def _alias(localpart: str) -> str:
    return f"#{localpart}:{SERVER}"


# -- what is there ----------------------------------------------------------------------------------


def test_each_network_has_its_space_its_kit_and_its_groups(built: Built) -> None:
    arts = f"Arts {built.version}"
    networks = (arts, f"{arts} below", f"{arts} council", f"{arts} hospital", f"{arts} & health")
    spaces = {name for name, room in built.rooms.items() if room.created.get("type") == "m.space"}
    assert spaces == set(networks)
    kit = {f"{name}: {kind}" for name in networks for kind in ("welcome", "news")}
    groups = ("painting", "open house", "trustees", "jury", "diaries", "on the ward")
    assert set(built.rooms) - spaces == kit | {f"{arts} {group}" for group in groups}
    assert {room.created["room_version"] for room in built.rooms.values()} == {built.version}
    assert not any("additional_creators" in room.created for room in built.rooms.values())


def test_topics_are_set_and_only_coordinators_are_invited(built: Built) -> None:
    assert built["Arts"].content("m.room.topic")["topic"] == "Paint & song"
    assert built["Arts painting"].content("m.room.topic")["topic"] == "Oil and water"
    assert built["Arts"].members == {BOT: "join", user(built.person("ann")): "invite"}
    assert built["Arts hospital"].members == {BOT: "join", user(built.person("hal")): "invite"}


def test_a_coordinator_has_50_in_each_room_and_the_levels_are_written_whole(built: Built) -> None:
    above = {} if built.version == "12" else {BOT: 100}
    tombstone = 150 if built.version == "12" else 100
    whole: Json = {
        "users": {**above, user(built.person("ann")): 50},
        "users_default": 0,
        "events": {**_EVENTS, "m.room.tombstone": tombstone},
        "events_default": 0,
        "state_default": 50,
        "invite": 50,
        "kick": 50,
        "ban": 50,
        "redact": 50,
        "notifications": {"room": 50},
    }
    quiet = {**whole, "events_default": 50}
    arts = [room for name, room in built.rooms.items() if "hospital" not in name and "below" not in name]
    assert len(arts) == 15
    for room in arts:
        is_quiet = "type" in room.created or room.name.endswith(": news")
        assert room.content("m.room.power_levels") == (quiet if is_quiet else whole), room.name


def test_a_parents_coordinator_has_no_power_in_a_network_below_it(built: Built) -> None:
    for name in ("Arts below", "Arts below: welcome", "Arts below: news", "Arts hospital"):
        levels = built[name].content("m.room.power_levels")["users"]
        assert user(built.person("ann")) not in levels
        assert levels[user(built.person("hal"))] == 50


def test_what_is_public_has_a_shown_alias_and_nothing_else_has(built: Built) -> None:
    slug = f"arts-{built.version}"
    shown = {room.name: room.content("m.room.canonical_alias").get("alias") for room in built.rooms.values()}
    arts = f"Arts {built.version}"
    assert {name: alias for name, alias in shown.items() if alias} == {
        arts: _alias(f"hedge_{slug}"),
        f"{arts}: welcome": _alias(f"hedge_{slug}_welcome"),
        f"{arts}: news": _alias(f"hedge_{slug}_news"),
        f"{arts} open house": _alias(f"hedge_{slug}_{slug}-open-house"),
    }


async def test_each_room_is_made_under_an_alias_that_tells_nothing(built: Built) -> None:
    async with built.home.people(built.person("zoe")) as (zoe,):
        for room in built.rooms.values():
            assert await zoe.resolve(_alias(f"hedge_{room.marker}")) == room.id
        assert await zoe.resolve(_alias(f"hedge_arts-{built.version}")) == built["Arts"].id
        with pytest.raises(Refused, match="M_NOT_FOUND"):
            await zoe.resolve(_alias(f"hedge_arts-{built.version}-hospital"))


def test_join_rules_are_those_of_the_words_for_access(built: Built) -> None:
    def allowing(*names: str) -> Json:
        allow = [{"type": "m.room_membership", "room_id": built[name].id} for name in names]
        return {"join_rule": "restricted", "allow": allow}

    wanted = {
        "Arts": {"join_rule": "public"},
        "Arts: welcome": {"join_rule": "public"},
        "Arts painting": allowing("Arts"),
        "Arts open house": {"join_rule": "public"},
        "Arts trustees": {"join_rule": "invite"},
        "Arts jury": {"join_rule": "invite"},
        "Arts below": allowing("Arts"),
        "Arts below: news": allowing("Arts below"),
        "Arts council": {"join_rule": "invite"},
        "Arts council: news": allowing("Arts council"),
        "Arts hospital": {"join_rule": "invite"},
        "Arts on the ward": allowing("Arts & health"),
    }
    assert {name: built[name].content("m.room.join_rules") for name in wanted} == wanted
    bridge = built["Arts & health"].content("m.room.join_rules")
    assert bridge["join_rule"] == "restricted"
    assert {one["room_id"] for one in bridge["allow"]} == {built["Arts"].id, built["Arts hospital"].id}


def test_a50_history_and_guests_are_closed_in_the_live_state(built: Built) -> None:
    for room in built.rooms.values():
        by_invitation = room.name.endswith((" trustees", " jury")) or " council" in room.name
        history = "invited" if by_invitation else "shared"
        assert room.content("m.room.history_visibility") == {"history_visibility": history}, room.name
        assert room.content("m.room.guest_access") == {"guest_access": "forbidden"}, room.name
        assert room.content("m.room.power_levels")["invite"] == 50, room.name


def test_rooms_are_not_encrypted_unless_asked_for(built: Built) -> None:
    encrypted = {name: room.content("m.room.encryption") for name, room in built.rooms.items()}
    assert {name: content for name, content in encrypted.items() if content} == {
        f"Arts {built.version} diaries": {"algorithm": "m.megolm.v1.aes-sha2"}
    }


def test_links_down_suggest_the_kit_first_and_carry_no_text(built: Built) -> None:
    plain: Json = {"via": [SERVER], "suggested": False}
    assert built["Arts"].all_of("m.space.child") == {
        built["Arts: welcome"].id: {"via": [SERVER], "suggested": True, "order": "!a"},
        built["Arts: news"].id: {"via": [SERVER], "suggested": True, "order": "!b"},
        **{
            built[f"Arts {name}"].id: plain
            for name in ("painting", "open house", "diaries", "below", "& health")
        },
    }
    assert built["Arts & health"].id in built["Arts hospital"].all_of("m.space.child")


def test_links_up_name_exactly_one_canonical_parent(built: Built) -> None:
    one: Json = {"via": [SERVER], "canonical": True}
    tops = (built["Arts"], built["Arts hospital"])
    for room in built.rooms.values():
        parents = room.all_of("m.space.parent")
        if room in tops:
            assert parents == {}
        elif room is built["Arts & health"]:
            assert parents == {tops[0].id: one, tops[1].id: {**one, "canonical": False}}
        else:
            assert list(parents.values()) == [one], room.name
    assert list(built["Arts trustees"].all_of("m.space.parent")) == [built["Arts"].id]


# -- what others see of it --------------------------------------------------------------------------


async def test_a49_an_outsider_learns_no_name_of_what_is_private_and_no_id_of_what_is_invite(
    built: Built,
) -> None:
    arts = f"Arts {built.version}"
    async with built.home.people(built.person("out")) as (outsider,):
        told = await outsider.hierarchy(built["Arts"].id)
    assert names(told) == {arts, f"{arts}: welcome", f"{arts}: news", f"{arts} open house"}
    ids = {link["state_key"] for room in told for link in room["children_state"]}
    for name in ("Arts painting", "Arts below", "Arts & health"):
        assert built[name].id in ids
    for name in ("Arts trustees", "Arts jury", "Arts council", "Arts council: welcome"):
        assert built[name].id not in ids
    contents = [link["content"] for room in told for link in room["children_state"]]
    assert all(set(content) <= {"via", "suggested", "order"} for content in contents)


async def test_a_member_sees_the_private_groups_and_the_networks_below(built: Built) -> None:
    arts = f"Arts {built.version}"
    async with built.home.people(built.person("mia")) as (mia,):
        await mia.join(_alias(f"hedge_arts-{built.version}"))
        seen = names(await mia.hierarchy(built["Arts"].id))
    assert seen == {
        *(arts, f"{arts}: welcome", f"{arts}: news", f"{arts} open house"),
        *(f"{arts} painting", f"{arts} diaries", f"{arts} below", f"{arts} & health"),
    }


async def test_a50_an_invitation_shows_the_name_and_what_kind_of_room_it_is_and_no_more(
    built: Built,
) -> None:
    async with built.home.people(built.person("ann")) as (ann,):
        shown = await ann.invites()
        stripped = {event["type"]: event["content"] for event in shown[built["Arts council"].id]}
        assert stripped.pop("m.room.create")["type"] == "m.space"
        assert set(stripped) <= {
            "m.room.name",
            "m.room.member",
            "m.room.join_rules",
            "m.room.canonical_alias",
        }
        assert stripped["m.room.name"] == {"name": f"Arts {built.version} council"}
        assert stripped["m.room.join_rules"] == {"join_rule": "invite"}


# -- who gets in ------------------------------------------------------------------------------------


async def test_a_member_of_either_parent_joins_the_bridge_uninvited_and_then_its_groups(
    built: Built,
) -> None:
    async with built.home.people(built.person("pam"), built.person("hal")) as (pam, hal):
        await pam.join(built["Arts"].id, via=[SERVER])
        await hal.join(built["Arts hospital"].id, via=[SERVER])
        for person in (pam, hal):
            with pytest.raises(Refused, match="M_FORBIDDEN"):
                await person.join(built["Arts on the ward"].id, via=[SERVER])
            for name in ("Arts & health", "Arts on the ward", "Arts & health: news"):
                assert await person.join(built[name].id, via=[SERVER]) == built[name].id


async def test_a_member_of_neither_parent_cannot_join_the_bridge(built: Built) -> None:
    closed = ("& health", "& health: welcome", "on the ward", "painting", "trustees", "below", "hospital")
    async with built.home.people(built.person("sam")) as (sam,):
        for name in closed:
            await _is_refused(sam, built[f"Arts {name}"])


async def test_a_member_gets_into_what_is_private_but_not_into_what_is_invite(built: Built) -> None:
    async with built.home.people(built.person("max")) as (max_,):
        await max_.join(built["Arts"].id, via=[SERVER])
        for name in ("Arts painting", "Arts below", "Arts below: welcome"):
            await max_.join(built[name].id, via=[SERVER])
        for name in ("trustees", "jury", "council", "council: welcome", "hospital"):
            await _is_refused(max_, built[f"Arts {name}"])


async def _is_refused(person: SecondClient, room: Room) -> None:
    with pytest.raises(Refused) as refusal:
        await person.join(room.id, via=[SERVER])
    assert (refusal.value.status, refusal.value.errcode) == (403, "M_FORBIDDEN"), room.name


async def test_in_news_members_react_and_take_back_but_do_not_speak(built: Built) -> None:
    async with built.home.people(built.person("rea"), built.person("ann")) as (rea, ann):
        news = built["Arts: news"].id
        for person in (rea, ann):
            await person.join(built["Arts"].id, via=[SERVER])
            await person.join(news, via=[SERVER])
        said = await ann.say(news, "The exhibition opens on Friday.")
        await rea.redact(news, await rea.react(news, said, "🎉"))
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await rea.say(news, "Hello")
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await rea.redact(news, said)


async def test_a_coordinator_names_another_and_cannot_open_the_room(built: Built) -> None:
    async with built.home.people(built.person("ann")) as (ann,):
        room = built["Arts council"].id
        await ann.join(room, via=[SERVER])
        levels = await ann.content(room, "m.room.power_levels")
        levels["users"][user(built.person("rea"))] = 50
        await ann.set_state(room, "m.room.power_levels", levels)
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await ann.set_state(room, "m.room.join_rules", {"join_rule": "public"})
        with pytest.raises(Refused, match="M_FORBIDDEN"):
            await ann.set_state(room, "m.room.tombstone", {"body": "", "replacement_room": "!x:hs.test"})


# -- once more --------------------------------------------------------------------------------------


async def test_applied_again_nothing_is_written(built: Built) -> None:
    before = built.home.requests
    again = await built.hedge.apply(built.blueprint)
    assert (again.code, again.out) == (0, "Nothing to do.\n")
    assert built.home.requests == before
