"""Say what others may find of oneself, and who may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from bot.command import Call, Entries, command
from bot.networks.rules import Named, named
from bot.profiles.reading import fields_in
from spaces.access import is_member
from spaces.errors import Conflict, Forbidden, Malformed
from spaces.identifiers import NetworkId
from spaces.network import Status
from spaces.profiles import (
    Field,
    Profile,
    found_now,
    shown_to_everyone,
    shown_to_members,
    shown_to_nobody,
    written,
)


class Whom(StrEnum):
    """To whom something is shown."""

    PUBLIC = "public"
    NETWORK = "network"
    NOBODY = "nobody"


class Deed(StrEnum):
    """What was done before a profile is told."""

    LOOKED = "looked"
    WRITTEN = "written"
    SHOWN = "shown"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class FieldTold:
    """One field, and who finds it at present: everyone, or the members of `networks`."""

    field: Field
    text: str
    everyone: bool
    networks: tuple[Named, ...]

    @property
    def is_found(self) -> bool:
        return self.everyone or bool(self.networks)


@dataclass(frozen=True, slots=True)
class ProfileTold:
    """`away`: to how many networks something is shown of which this person is no member now."""

    deed: Deed
    fields: tuple[FieldTold, ...]
    away: int = 0


class Profiles:
    """Say what others may find of oneself, and who may."""

    @command("profile", topic="directory", examples=["profile"])
    async def profile(self, call: Call) -> ProfileTold:
        """Show your profile, and who finds what of it."""
        _require_direct(call)
        return _told(call, await call.work.profiles.of(call.sender), Deed.LOOKED)

    @command(
        "profile set",
        topic="directory",
        examples=[
            "profile set skills: welding, bicycles; place: Taunton",
            "profile set interests: choirs; about: I mend what others throw away",
        ],
    )
    async def set(
        self,
        call: Call,
        fields: Annotated[Entries, "`skills:`, `interests:`, `place:` or `about:`, with what it is to say"],
    ) -> ProfileTold:
        """Write about yourself what others are to find.

        Any of the four, with semicolons between them, or one a line; an empty one is taken out. Nobody
        finds it until you show it.
        """
        _require_direct(call)
        said = fields_in(fields)
        return await _changed(call, lambda profile: written(profile, said), Deed.WRITTEN)

    @command(
        "profile show",
        topic="directory",
        examples=["profile show public", "profile show network arts-uk --field skills"],
    )
    async def show(
        self,
        call: Call,
        to: Annotated[Whom, "everyone, the members of a network that you are in, or nobody"],
        network: Annotated[NetworkId | None, "whose members are to find it"] = None,
        *,
        field: Annotated[Field | None, "this part of it alone; all that is written if you do not say"] = None,
    ) -> ProfileTold:
        """Choose who finds what of your profile.

        Several networks can be named, one after another. A field that you write later is found by nobody
        until you show it too.
        """
        _require_direct(call)
        _require_network(call, to, network)
        fields = _require_written(await call.work.profiles.of(call.sender), field)
        return await _changed(call, lambda profile: _showing(profile, fields, to, network), Deed.SHOWN)

    @command("profile hide", topic="directory", examples=["profile hide"])
    async def hide(self, call: Call) -> ProfileTold:
        """Have nobody find you any more.

        That holds at once. What you have written is kept.
        """
        _require_direct(call)
        return await _changed(call, lambda profile: shown_to_nobody(profile, profile.fields), Deed.HIDDEN)


async def _changed(call: Call, change: Callable[[Profile], Profile], deed: Deed) -> ProfileTold:
    profile = change(await call.work.profiles.of(call.sender))
    await call.work.profiles.keep(profile)
    return _told(call, profile, deed)


def _showing(profile: Profile, fields: Sequence[Field], to: Whom, network: NetworkId | None) -> Profile:
    if network is not None:
        return shown_to_members(profile, fields, network)
    return shown_to_everyone(profile, fields) if to is Whom.PUBLIC else shown_to_nobody(profile, fields)


def _told(call: Call, profile: Profile, deed: Deed) -> ProfileTold:
    now = found_now(call.landscape, call.standing, profile)
    fields = (
        FieldTold(one, now.texts[one], now.audience(one).everyone, _named(call, now.audience(one).networks))
        for one in now.fields
    )
    return ProfileTold(deed, tuple(fields), len(profile.networks - now.networks))


def _named(call: Call, networks: frozenset[NetworkId]) -> tuple[Named, ...]:
    return tuple(sorted((named(call.landscape, one) for one in networks), key=lambda one: one.slug))


# -- what has to be so ------------------------------------------------------------------------------


def _require_direct(call: Call) -> None:
    if not call.heard.is_direct:
        raise Conflict(
            "Who finds what of you is your own affair, so I speak of it in direct messages only. Nothing was "
            "done: write to me in a direct message, and say it there."
        )


def _require_network(call: Call, to: Whom, network: NetworkId | None) -> None:
    """A network is named where one is meant, and this person is a member of it."""
    if (to is Whom.NETWORK) != (network is not None):
        raise Malformed(
            "`profile show network NETWORK` names one network, whose members are to find it; `profile show "
            "public` and `profile show nobody` stand alone."
        )
    if network is None:
        return
    found = call.landscape.networks[network]
    if not is_member(call.landscape, call.standing, network):
        raise Forbidden(
            "You are not a member of “{place}”, and only to members of your own networks can you be shown. "
            "`join {slug}` is the way in.",
            place=found.name,
            slug=found.slug,
        )
    if found.status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet: it waits for a yes. `show` tells whose.", place=found.name)
    if found.status is Status.ARCHIVED:
        raise Conflict("“{place}” is archived, so nobody finds anything as its member.", place=found.name)


def _require_written(profile: Profile, field: Field | None) -> tuple[Field, ...]:
    """What is meant of what is written."""
    if not profile.fields:
        raise Conflict(
            "You have written nothing about yourself that could be found. `profile set` is for that."
        )
    if field is None:
        return profile.fields
    if field not in profile.fields:
        raise Conflict(
            "You have written nothing under `{field}`. `profile set {field}: …` is for that.",
            field=field.value,
        )
    return (field,)
