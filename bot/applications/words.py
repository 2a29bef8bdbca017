"""What is told about applications, to those who did not just speak: coordinators, applicants, others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.networks.phrases import link, people
from bot.networks.rules import Named, named
from bot.reply import Block, Bold, Bullet, Document, Paragraph, Person, item, paragraph, say
from spaces.applications import Application, State
from spaces.landscape import Landscape
from spaces.sentences import Sentence, counted, sentence

MOST_LISTED = 20


# -- to coordinators --------------------------------------------------------------------------------


def asks_you(landscape: Landscape, application: Application) -> Document:
    """To a coordinator: who would like to come in, what they answered, and how to decide."""
    yes, no = decisions(application)
    return Document(
        (
            Paragraph((wish(landscape, application),)),
            *answers(application, depth=0),
            paragraph(
                "To let them in: `{yes}` or ✅. To decline: `{no}` or ❌. With `--word TEXT` behind it you "
                "tell them something.",
                yes=yes,
                no=no,
            ),
        )
    )


def decisions(application: Application) -> tuple[str, str]:
    """What to type for yes, and for no."""
    return f"approve {application.number}", f"deny {application.number}"


def wish(landscape: Landscape, application: Application) -> Sentence:
    return sentence(
        "{person} would like to join {place}.",
        person=Person(application.person),
        place=link(named(landscape, application.place)),
    )


def answers(application: Application, *, depth: int = 1) -> Iterator[Block]:
    """Each question with its answer; of a knock what they gave as their reason."""
    if not application.questions:
        for said in application.answers:
            yield Bullet((sentence("They write: “{words}”", words=said),), depth)
    for question, answer in zip(application.questions, application.answers, strict=False):
        yield Bullet((sentence("{question} “{answer}”", question=question, answer=answer),), depth)


def reminder(landscape: Landscape, waiting: Sequence[Application]) -> Document:
    """To a coordinator, of all that has waited for a day."""
    head = counted(
        "This has waited for your yes or no for a day:",
        "These have waited for your yes or no for a day:",
        len(waiting),
    )
    return Document((Paragraph((head,)), *_listed(landscape, waiting, decide=True)))


def overdue(landscape: Landscape, waiting: Sequence[Application]) -> Document:
    """To the coordinators of a parent: what others have not decided for two days."""
    head = counted(
        "This has waited for two days. It is not yours to decide, but you can ask those whose it is:",
        "These have waited for two days. They are not yours to decide, but you can ask those whose they are:",
        len(waiting),
    )
    return Document((Paragraph((head,)), *_listed(landscape, waiting, decide=False)))


def orphaned(landscape: Landscape, waiting: Sequence[Application]) -> Document:
    """To an admin: what nobody can decide."""
    head = counted(
        "This waits, and nobody is there to decide it:",
        "These wait, and nobody is there to decide them:",
        len(waiting),
    )
    slug = named(landscape, landscape.network_of(waiting[0].place)).slug
    name_one = paragraph("Name a coordinator: `coordinator add @USER --in {slug}`", slug=slug)
    return Document((Paragraph((head,)), *_listed(landscape, waiting, decide=False), name_one))


def _listed(landscape: Landscape, waiting: Sequence[Application], *, decide: bool) -> Iterator[Block]:
    for application in waiting[:MOST_LISTED]:
        yield Bullet((to_decide(landscape, application) if decide else to_see(landscape, application),))
    if (more := len(waiting) - MOST_LISTED) > 0:
        yield item("… and {count} more: `requests`", count=more)


def to_decide(landscape: Landscape, application: Application, age: Sentence | None = None) -> Sentence:
    yes, no = decisions(application)
    wished = wish(landscape, application)
    if age is None:
        return sentence("{wish} `{yes}` or `{no}`", wish=wished, yes=yes, no=no)
    return sentence("{wish} {age} `{yes}` or `{no}`", wish=wished, age=age, yes=yes, no=no)


def to_see(landscape: Landscape, application: Application) -> Sentence:
    """For who may look and not decide: who could."""
    deciders = landscape.looking_after(application.place)
    if not deciders:
        return sentence("{wish} Nobody looks after it at present.", wish=wish(landscape, application))
    return sentence(
        "{wish} It is for {people} to decide.", wish=wish(landscape, application), people=people(deciders)
    )


# -- to applicants ----------------------------------------------------------------------------------


def asked(application: Application) -> Document:
    """The next question."""
    number, most = len(application.answers) + 1, len(application.questions)
    question = application.next_question or ""
    first = paragraph("Question {number} of {most}: {question}", number=number, most=most, question=question)
    return Document((first,))


def first_asked(application: Application) -> Document:
    """Why there are questions, how long they are waited for, and the one that is to be answered next."""
    head = paragraph(
        "Before the coordinators of {place} decide, they ask you something. Answer in your next message. "
        "I wait for three days; `cancel` drops it.",
        place=Bold(application.called),
    )
    return Document((head, *asked(application).blocks))


def let_in(place: Named, word: str) -> Document:
    said = paragraph(
        "You may come in: an invitation to {place} waits for you. Accept it in your client.",
        place=link(place),
    )
    return Document((said, *_word(word)))


def declined(application: Application) -> Document:
    said = paragraph(
        "The coordinators of {place} have read your request, and cannot let you in at present.",
        place=Bold(application.called),
    )
    return Document((said, *_word(application.word)))


def closed(application: Application) -> Document:
    return say(
        "You had asked to join {place}. It has been archived, so your request is closed.",
        place=Bold(application.called),
    )


def _word(word: str) -> Iterator[Block]:
    if word:
        yield paragraph("They say: “{words}”", words=word)


# -- how it ended -----------------------------------------------------------------------------------


def decided_already(application: Application) -> Sentence:
    """To a coordinator who comes too late."""
    by, number = application.decided_by, application.number
    match application.state:
        case State.APPROVED if by is not None:
            return sentence("{person} has already approved request {number}.", person=by, number=number)
        case State.APPROVED:
            return sentence("Request {number} is done: they are in already.", number=number)
        case State.DENIED if by is not None:
            return sentence("{person} has already denied request {number}.", person=by, number=number)
        case State.WITHDRAWN:
            return sentence("Request {number} was taken back.", number=number)
    return sentence("Request {number} is closed.", number=number)
