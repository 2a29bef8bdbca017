"""What is answered to who looks for something."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.directory.commands import Found, Limit
from bot.directory.lines import line_of
from bot.networks.phrases import link
from bot.reply import Block, Bullet, Document, PageEnd, Paragraph, paragraph
from bot.suggestions import did_you_mean
from spaces.codes import time_left
from spaces.identifiers import printable
from spaces.sentences import Sentence, counted, sentence

ON_A_PAGE = 8
_LONGEST_WORDS = 80


@reply_to(Found)
def found(result: Found, call: Call) -> Document:
    blocks: list[Block] = [Paragraph((head,)) for head in _head(result)]
    for number, entry in enumerate(result.entries):
        if number and number % ON_A_PAGE == 0:
            blocks.append(PageEnd())
        blocks.append(Bullet((line_of(entry, call.landscape),)))
    return Document((*blocks, *_below(result), PageEnd()))


def _head(result: Found) -> Iterator[Sentence]:
    words = _plain(result.words)
    if result.entries:
        if result.elsewhere:
            yield _elsewhere(result)
    elif result.limit is not None:
        return
    elif words:
        guess = did_you_mean([f"find {word}" for word in result.guesses])
        yield sentence("I find nothing for “{words}”.{guess}", words=words, guess=guess)
        yield sentence("Fewer words find more, and `find --kind group` shows all groups that you can see.")
    else:
        yield sentence("I find nothing of that kind.")


def _elsewhere(result: Found) -> Sentence:
    assert result.elsewhere is not None
    count, wider = len(result.entries), result.elsewhere.wider
    if result.elsewhere.network is None:
        return _not_there(_plain(result.elsewhere.place), count, more=result.more)
    network = link(result.elsewhere.network)
    if wider is None and result.more:
        return sentence("Nothing in {network}, but elsewhere:", network=network)
    if wider is None:
        return counted(
            "Nothing in {network}; one elsewhere:",
            "Nothing in {network}; {count} elsewhere:",
            count,
            network=network,
        )
    if result.more:
        return sentence("Nothing in {network}, but in {wider}:", network=network, wider=link(wider))
    return counted(
        "Nothing in {network}; one in {wider}:",
        "Nothing in {network}; {count} in {wider}:",
        count,
        network=network,
        wider=link(wider),
    )


def _not_there(place: str, count: int, *, more: bool) -> Sentence:
    if more:
        return sentence("Nothing at “{place}”, but elsewhere:", place=place)
    return counted(
        "Nothing at “{place}”; one elsewhere:", "Nothing at “{place}”; {count} elsewhere:", count, place=place
    )


def _plain(typed: str) -> str:
    return " ".join(printable(typed.replace("\n", " ")).split())[:_LONGEST_WORDS]


def _below(result: Found) -> Iterator[Block]:
    if result.limit is not None:
        yield Paragraph((_limit(result.limit),))
    if result.more:
        yield paragraph("There is more. Another word, `--kind`, `--in` or `--near` narrows it down.")
    if result.in_company:
        yield paragraph(
            "I look through what everyone here may see; in a direct message, through all that you may."
        )


def _limit(limit: Limit) -> Sentence:
    return counted(
        "There are more people, but I show nobody more than one person a day. Ask again in {time}.",
        "There are more people, but I show nobody more than {count} people a day. Ask again in {time}.",
        limit.most,
        time=time_left(limit.seconds),
    )
