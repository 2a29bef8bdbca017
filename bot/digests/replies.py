"""What is answered about digests."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.digests.clocks import ZoneShown
from bot.digests.commands import Arranged, Arrangement, TurnedOff, TurnedOn
from bot.digests.networks import Scheduled
from bot.digests.words import when
from bot.networks.phrases import link, links
from bot.reply import Block, Document, paragraph, say


@reply_to(Arranged)
def arranged(result: Arranged, call: Call) -> Document:
    return Document((*_comes(result), paragraph("`digest off` ends it, and `digest now` shows it so far.")))


def _comes(result: Arranged | Arrangement) -> Iterator[Block]:
    if result.schedule is not None:
        yield paragraph(
            "Your digest comes {when}, by the clock of {zone}.", when=when(result.schedule), zone=result.zone
        )


@reply_to(Arrangement)
def arrangement(result: Arrangement, call: Call) -> Document:
    blocks = list(_comes(result))
    if result.schedule is None:
        blocks.append(
            paragraph(
                "You get no digests. `digest weekly` or `digest daily` brings them. "
                "Your time zone is {zone}.",
                zone=result.zone,
            )
        )
    if result.off:
        blocks.append(
            paragraph(
                "Without the news of {networks}. `digest on NETWORK` takes that back.",
                networks=links(result.off),
            )
        )
    return Document(tuple(blocks))


@reply_to(TurnedOff)
def turned_off(result: TurnedOff, call: Call) -> Document:
    if result.network is None:
        return say("All right: you get no digests any more. `digest on` brings them back.")
    return say(
        "Your digests are without the news of {network} from now on. `digest on {slug}` takes that back.",
        network=link(result.network),
        slug=result.network.slug,
    )


@reply_to(TurnedOn)
def turned_on(result: TurnedOn, call: Call) -> Document:
    if result.gets_none:
        return say(
            "The news of {network} is in your digests again, once you get some: `digest on` brings them.",
            network=link(result.network),
        )
    return say("The news of {network} is in your digests again.", network=link(result.network))


@reply_to(ZoneShown)
def zone_shown(result: ZoneShown, call: Call) -> Document:
    if not result.chosen:
        return say(
            "Your time zone is {zone}. `timezone NAME` changes it, such as `timezone Europe/London`.",
            zone=result.zone,
        )
    return say("Your time zone is {zone} from now on.", zone=result.zone)


@reply_to(Scheduled)
def scheduled(result: Scheduled, call: Call) -> Document:
    if result.schedule is None:
        return say("No digest is posted in {network}.", network=link(result.network))
    return say(
        "What happened in {network} is told in its news {when}, by the clock of {zone}, if there is "
        "something to tell. `digest preview {slug}` shows it so far.",
        network=link(result.network),
        when=when(result.schedule),
        zone=result.zone,
        slug=result.network.slug,
    )
