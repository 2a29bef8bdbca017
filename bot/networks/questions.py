"""The words of a question to the other side of a link, and of its answer to who asked."""

from __future__ import annotations

from bot.networks.phrases import link, who_gets_in
from bot.networks.rules import Question, WaysIn
from bot.reply import Bold, Document, Paragraph, Person, paragraph, say
from spaces.identifiers import UserId
from spaces.sentences import Sentence, sentence


def asks(question: Question, ways: WaysIn, by: UserId | None) -> Document:
    """What is to be, who wants it (None: the operator), who will then get in, and how to answer."""
    return Document(
        (
            Paragraph((_wish(question, by),)),
            paragraph("With your yes: {ways}", ways=who_gets_in(ways)),
            Paragraph((how_to_answer(question),)),
        )
    )


def how_to_answer(question: Question) -> Sentence:
    yes, no = answers(question)
    return sentence("To agree: `{yes}`. To decline: `{no}`.", yes=yes, no=no)


def answers(question: Question) -> tuple[str, str]:
    """What to type for yes, and for no."""
    child, parent = question.child.slug, question.parent.slug
    if question.is_share:
        return f"group share {child} --with {parent}", f"group unshare {child} --from {parent}"
    if question.is_bridge:
        return f"bridge accept {child}", f"bridge decline {child}"
    return f"network link {child} --under {parent}", f"network unlink {child} --from {parent}"


def summary(question: Question) -> Sentence:
    """The question in a few words, for lists of what waits."""
    above = link(question.parent)
    if question.is_bridge:
        return sentence(
            "{bridge}, a bridge, under {network}", bridge=Bold(question.child.name), network=above
        )
    if question.is_share:
        return sentence("{group} in {network} too", group=link(question.child), network=above)
    return sentence("{child} under {parent}", child=link(question.child), parent=above)


def answered(question: Question, by: UserId, *, agreed: bool) -> Document:
    """What who asked is told; `question` is of the time after a yes, and before a no."""
    person, asked = Person(by), summary(question)
    if not agreed:
        return say("{person} declined: {question}.", person=person, question=asked)
    if question.is_bridge:
        return say("{person} agreed: {question}. It still waits for others.", person=person, question=asked)
    return say("{person} agreed: {question}. It is done.", person=person, question=asked)


def _wish(question: Question, by: UserId | None) -> Sentence:
    who = sentence("The operator of this server") if by is None else Person(by)
    child, parent = link(question.child), link(question.parent)
    if question.is_bridge:
        return sentence(
            "{who} would like to make {bridge}, a bridge that also belongs to {network}.",
            who=who,
            bridge=Bold(question.child.name),
            network=parent,
        )
    if question.is_share and question.for_parent:
        return sentence(
            "{who} would like to share {group} with {network}.", who=who, group=child, network=parent
        )
    if question.is_share:
        return sentence(
            "{who} would like to have {group} in {network} too.", who=who, group=child, network=parent
        )
    if question.moves and not question.for_parent:
        return sentence(
            "{who} would like to move {child} under {parent}, away from what it is under now.",
            who=who,
            child=child,
            parent=parent,
        )
    if question.for_parent:
        return sentence(
            "{who} would like to put {child} under {parent}.", who=who, child=child, parent=parent
        )
    return sentence("{who} would like to have {child} under {parent}.", who=who, child=child, parent=parent)
