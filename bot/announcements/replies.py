"""What is answered about announcements."""

from __future__ import annotations

from bot.announcements.commands import Announced, Shown, TakenBack
from bot.announcements.declining import Declined, Taken
from bot.audit.times import when
from bot.command import Call, reply_to
from bot.networks.phrases import in_a_row, link
from bot.reply import Block, Document, item, paragraph, say
from spaces.announcements import headline
from spaces.sentences import counted, sentence


@reply_to(Announced)
def announced(result: Announced, call: Call) -> Document:
    number = result.announcement.number
    said = counted(
        "Announced as number {number}, in the news of one network.",
        "Announced as number {number}, in the news of {count} networks.",
        result.networks,
        number=number,
    )
    back = sentence("`announcement withdraw {number}` takes it back.", number=number)
    return Document((in_a_row(said, back),))


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    if not result.announcements:
        return say("Nothing was announced lately.")
    blocks: list[Block] = []
    if result.network is None:
        blocks.append(paragraph("Announced lately:"))
    else:
        blocks.append(paragraph("Announced lately in {network}:", network=link(result.network)))
    for one, source in result.announcements:
        blocks.append(
            item(
                "{number} · {when} · {network}: {text}",
                number=one.number,
                when=when(one.made_at),
                network=link(source),
                text=headline(one.text),
            )
        )
    return Document(tuple(blocks))


@reply_to(TakenBack)
def taken_back(result: TakenBack, call: Call) -> Document:
    return say("Announcement {number} is taken back.", number=result.announcement.number)


@reply_to(Declined)
def declined(result: Declined, call: Call) -> Document:
    parts = {"network": link(result.network), "source": link(result.source)}
    if not result.anew:
        return say("{network} declines what {source} announces already.", **parts)
    return say(
        "What {source} announces is not posted in the news of {network} any more, and its members do not "
        "read it by way of {network}. `accept announcements from {name}` takes it again.",
        **parts,
        name=result.source.name,
    )


@reply_to(Taken)
def taken(result: Taken, call: Call) -> Document:
    parts = {"network": link(result.network), "source": link(result.source)}
    if not result.anew:
        return say("{network} takes what {source} announces already.", **parts)
    return say("What {source} announces is posted in the news of {network} again.", **parts)
