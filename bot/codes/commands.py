"""Let people in by a code that is passed on by word of mouth."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.bans.keeping_out import is_kept_out
from bot.codes import previews
from bot.codes.permissions import COORDINATING
from bot.codes.ports import Made, Wish
from bot.command import Call, Name, command
from bot.letting_in import lets_in, require_power_to_invite
from bot.networks.membership import AlreadyIn
from bot.networks.rules import Named, named
from bot.permissions import may
from bot.reply import say
from spaces import access, changes
from spaces.access import Deed
from spaces.codes import (
    Code,
    Role,
    check_groups,
    forgotten_before,
    invited_by,
    lifetime,
    places_of,
    serves,
    shut_for,
    uses_for,
)
from spaces.errors import Conflict, Unknown
from spaces.identifiers import GroupId, NetworkId, PlaceId, UserId
from spaces.network import Status
from spaces.sentences import sentence


@dataclass(frozen=True, slots=True)
class CodeMade:
    """`seconds` is how long it lasts; `uses` None for no limit."""

    made: Made
    network: Named
    groups: tuple[Named, ...]
    role: Role | None
    uses: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class ListedCode:
    """`maker` is None for who asks."""

    number: int
    network: Named
    groups: tuple[Named, ...]
    role: Role | None
    uses_left: int | None
    used: int
    seconds: float
    maker: UserId | None


@dataclass(frozen=True, slots=True)
class CodesListed:
    codes: tuple[ListedCode, ...]


@dataclass(frozen=True, slots=True)
class CodeRevoked:
    number: int
    network: Named
    used: int


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Invitations to `invited` wait; from there one gets into `then`. `again`: they had been waiting."""

    invited: tuple[Named, ...]
    then: tuple[Named, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class RoleTaken:
    """They look after the network from now on, or did `already`; `is_there`: they are in it."""

    network: Named
    is_there: bool
    already: bool = False


@dataclass(frozen=True, slots=True)
class NotRedeemed:
    """Wrong, expired, revoked, used up, not for them: which of it is told to nobody."""


@dataclass(frozen=True, slots=True)
class TooManyTries:
    seconds: float


class InviteCodes:
    """Let people in by a code that is passed on by word of mouth."""

    @command(
        "code create",
        topic="codes",
        requires=may(Deed.INVITE, "network"),
        examples=["code create arts-uk", "code create arts-uk --uses 10 --expires 30d"],
        meanwhile="Making a code …",
    )
    async def create(
        self,
        call: Call,
        network: Annotated[NetworkId, "the network that it lets people into"],
        *,
        uses: Annotated[int | None, "how many people may use it; without limit if you do not say"] = None,
        expires: Annotated[str, "how long it lasts, such as 12h, 7d or 2w; a week if you do not say"] = "",
        groups: Annotated[list[GroupId] | None, "groups of it that they are to get into, too"] = None,
        role: Annotated[Role | None, "it makes them a coordinator; one use if you do not say"] = None,
    ) -> CodeMade:
        """Make a code that lets people into a network.

        Whoever has it tells it to me, and is invited. It ends when you no longer look after the network.
        """
        _require_direct(call)
        _require_active(call, network)
        wished, seconds = uses_for(uses, role), lifetime(expires)
        chosen = tuple(dict.fromkeys(groups or ()))
        check_groups(call.landscape, network, chosen)
        called = named(call.landscape, network)
        if role is not None:
            _require_role(call, network, chosen)
            call.confirm(previews.giving_the_role(called, wished or 1, seconds))
        now = call.now.timestamp()
        made = await call.work.codes.make(
            Wish(network, call.sender, now + seconds, wished, chosen, role), now
        )
        what = f"code create {made.number}" if role is None else f"code create {made.number} --role {role}"
        await call.work.note(what, network)
        return CodeMade(made, called, _all_named(call, chosen), role, wished, seconds)

    @command("code list", topic="codes", requires=COORDINATING, examples=["code list"])
    async def show(self, call: Call) -> CodesListed:
        """Show the codes of your networks that can be used at present.

        A code itself is shown once, when it is made; after that only its number.
        """
        _require_direct(call)
        now = call.now.timestamp()
        found = await call.work.codes.of(call.landscape.coordinated_by(call.sender))
        return CodesListed(
            tuple(_listed(call, one, now) for one in found if serves(call.landscape, one, now))
        )

    @command("code revoke", topic="codes", requires=COORDINATING, examples=["code revoke 101"])
    async def revoke(
        self, call: Call, number: Annotated[int, "its number, as `code list` shows it"]
    ) -> CodeRevoked:
        """Let a code serve no longer.

        Who has come in by it stays.
        """
        _require_direct(call)
        now = call.now.timestamp()
        code = await call.work.codes.numbered(number)
        if code is None or not _is_theirs(call, code) or not serves(call.landscape, code, now):
            raise Unknown(
                "I know no code {number} of yours. `code list` shows those there are.", number=number
            )
        await call.work.codes.revoke(number, now)
        await call.work.note(f"code revoke {number}", code.network)
        return CodeRevoked(number, named(call.landscape, code.network), code.used)

    @command(
        "redeem", topic="joining", examples=["redeem bcdfg-hjkmn-pqrst"], meanwhile="Looking at the code …"
    )
    async def redeem(
        self, call: Call, code: Annotated[Name, "the code that you were given"]
    ) -> Redeemed | RoleTaken | AlreadyIn | NotRedeemed | TooManyTries:
        """Come in with a code that you were given."""
        _require_direct(call)
        codes, now = call.work.codes, call.now.timestamp()
        tries = await codes.wrong_tries(call.sender, forgotten_before(now))
        if seconds := shut_for(tries, now):
            return TooManyTries(seconds)
        found = await codes.find(code)
        if found is None or not serves(call.landscape, found, now) or await _is_banned(call, found.network):
            await codes.note_wrong(call.sender, now)
            return NotRedeemed()
        return await (_let_in(call, found) if found.role is None else _give_role(call, found))


# -- redeeming --------------------------------------------------------------------------------------


async def _let_in(call: Call, code: Code) -> Redeemed | AlreadyIn | NotRedeemed:
    network, *groups = places_of(call.landscape, code)
    inviting = [p for p in invited_by(call.landscape, call.standing, code) if not await _is_banned(call, p)]
    if network in inviting:
        await require_power_to_invite(call.work, network)
    inviting = [place for place in inviting if await lets_in(call.work, place)]
    called = named(call.landscape, network)
    if not inviting and network in call.standing.joined:
        return AlreadyIn(called)
    if inviting:
        if not await _taken(call, code):
            return NotRedeemed()
        for place in inviting:
            await call.work.invite(place, call.sender, reason=str(sentence("You have redeemed a code.")))
            await call.work.paths.invited_by_name(place, call.sender)
        await call.work.note(f"redeem code {code.number}", code.network)
    waiting = [p for p in (network, *groups) if p in inviting or p in call.standing.invited]
    then = [p for p in groups if p not in waiting and p not in call.standing.joined]
    return Redeemed(
        _all_named(call, waiting),
        _all_named(call, [p for p in then if not await _is_banned(call, p)]),
        again=not inviting,
    )


async def _give_role(call: Call, code: Code) -> RoleTaken | NotRedeemed:
    called, is_there = named(call.landscape, code.network), code.network in call.standing.joined
    if call.sender in call.landscape.coordinators_of(code.network):
        return RoleTaken(called, is_there, already=True)
    if not await _taken(call, code):
        return NotRedeemed()
    landscape = changes.add_coordinator(call.landscape, code.network, call.sender)
    what = f"coordinator add {call.sender} (code {code.number})"
    await call.work.change(landscape, what=what, about=code.network)
    told = say(
        "{person} has redeemed your code {number}, and looks after {network} from now on.",
        person=call.sender,
        number=code.number,
        network=called.name,
    )
    await call.work.tell(code.maker, told, said=f"code {code.number} redeemed by {call.sender}")
    return RoleTaken(called, is_there)


async def _taken(call: Call, code: Code) -> bool:
    """Whether a use of it was left; one more who comes too late has said a code that does not serve."""
    now = call.now.timestamp()
    if await call.work.codes.take(code.number, now):
        return True
    await call.work.codes.note_wrong(call.sender, now)
    return False


async def _is_banned(call: Call, place: PlaceId) -> bool:
    return await is_kept_out(call.work, place, call.sender)


# -- what has to be so ------------------------------------------------------------------------------


def _require_direct(call: Call) -> None:
    if not call.heard.is_direct:
        raise Conflict(
            "A code is good for everybody who reads it, so I speak of codes in direct messages only. Nothing "
            "was done: write to me in a direct message, and say it there."
        )


def _require_active(call: Call, network: NetworkId) -> None:
    found = call.landscape.networks[network]
    if found.status is Status.PROPOSED:
        raise Conflict("“{place}” is not made yet: it waits for a yes. `show` tells whose.", place=found.name)
    if found.status is Status.ARCHIVED:
        raise Conflict("“{place}” is archived, so no code lets anybody into it.", place=found.name)


def _require_role(call: Call, network: NetworkId, groups: tuple[GroupId, ...]) -> None:
    access.require(call.landscape, call.standing, Deed.COORDINATE, network)
    if groups:
        raise Conflict(
            "A coordinator gets into every group of the network. Leave `--groups` or `--role` out."
        )


def _is_theirs(call: Call, code: Code) -> bool:
    return code.network in call.landscape.coordinated_by(call.sender)


def _listed(call: Call, code: Code, now: float) -> ListedCode:
    groups = places_of(call.landscape, code)[1:]
    return ListedCode(
        code.number,
        named(call.landscape, code.network),
        _all_named(call, groups),
        code.role,
        code.uses_left,
        code.used,
        code.expires_at - now,
        None if code.maker == call.sender else code.maker,
    )


def _all_named(call: Call, places: Iterable[PlaceId]) -> tuple[Named, ...]:
    return tuple(named(call.landscape, place) for place in places)
