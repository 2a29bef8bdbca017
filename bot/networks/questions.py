"""The words of a question to the other side of a link, and of its answer to who asked."""

from __future__ import annotations

from bot.networks.phrases import command, link, who_gets_in
from bot.networks.rules import Question, WaysIn
from bot.reply import Bold, Document, Line, Paragraph, Person, line, say
from spaces.identifiers import UserId


def asks(question: Question, ways: WaysIn, by: UserId | None) -> Document:
    """What is to be, who wants it (None: the operator), who will then get in, and how to answer."""
    who = "The operator of this server" if by is None else Person(by)
    return Document(
        (
            Paragraph(line(who, *_wish(question))),
            Paragraph(line("With your yes: ", *who_gets_in(ways))),
            Paragraph(how_to_answer(question)),
        )
    )


def how_to_answer(question: Question) -> Line:
    yes, no = answers(question)
    return line("To agree: ", command(*yes), ". To decline: ", command(*no), ".")


def answers(question: Question) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What to type for yes, and for no."""
    child, parent = question.child.slug, question.parent.slug
    if question.is_bridge:
        return ("bridge accept", child), ("bridge decline", child)
    return ("network link", child, "--under", parent), ("network unlink", child, "--from", parent)


def summary(question: Question) -> Line:
    """The question in a few words, for lists of what waits."""
    if question.is_bridge:
        return line(Bold(question.child.name), ", a bridge, under ", link(question.parent))
    return line(link(question.child), " under ", link(question.parent))


def answered(question: Question, by: UserId, *, agreed: bool) -> Document:
    """What who asked is told; `question` is of the time after a yes, and before a no."""
    if not agreed:
        return say(Person(by), " declined: ", *summary(question), ".")
    end = "It still waits for others." if question.is_bridge else "It is done."
    return say(Person(by), " agreed: ", *summary(question), ". ", end)


def _wish(question: Question) -> Line:
    if question.is_bridge:
        bridge = Bold(question.child.name)
        return line(
            " would like to make ", bridge, ", a bridge that also belongs to ", link(question.parent), "."
        )
    if question.for_parent:
        return line(" would like to put ", link(question.child), " under ", link(question.parent), ".")
    return line(" would like to have ", link(question.child), " under ", link(question.parent), ".")
