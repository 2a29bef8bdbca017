"""What came of a list of people, in sentences: how many of each kind, and person by person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Bullet, Person, Text, item
from spaces.identifiers import PlaceId
from spaces.invitations import Outcome, Result
from spaces.sentences import Sentence, counted, sentence


def counts(outcomes: Iterable[Outcome]) -> Iterator[Bullet]:
    """How many there are of each kind, but of those who are invited now."""
    listed = list(outcomes)
    for kind, said in _COUNTED.items():
        many = sum(outcome.result is kind for outcome in listed)
        if many:
            yield Bullet((said(many),))


_COUNTED: dict[Result, Callable[[int], Sentence]] = {
    Result.ASKED: lambda n: counted("one is asked, and can say yes", "{count} are asked, and can say yes", n),
    Result.THERE: lambda n: counted("one is there already", "{count} are there already", n),
    Result.INVITED_BEFORE: lambda n: counted(
        "one was invited before, and has not answered yet",
        "{count} were invited before, and have not answered yet",
        n,
    ),
    Result.ASKED_BEFORE: lambda n: counted(
        "one was asked before, and has not answered yet",
        "{count} were asked before, and have not answered yet",
        n,
    ),
    Result.UNDER_WAY: lambda n: counted(
        "one is being invited already", "{count} are being invited already", n
    ),
    Result.WAITING: lambda n: counted(
        "one is invited as soon as that is possible", "{count} are invited as soon as that is possible", n
    ),
    Result.DECLINED: lambda n: counted("one has said no", "{count} have said no", n),
    Result.DECLINED_BEFORE: lambda n: counted(
        "one said no within the last 90 days, and is not asked again without `--again`",
        "{count} said no within the last 90 days, and are not asked again without `--again`",
        n,
    ),
    Result.BANNED: lambda n: counted("one is banned there", "{count} are banned there", n),
    Result.NOT_AN_ID: lambda n: counted("one entry is no Matrix ID", "{count} entries are no Matrix IDs", n),
    Result.FAILED: lambda n: counted("one could not be invited", "{count} could not be invited", n),
}


def one_by_one(outcomes: Iterable[Outcome], places: Iterable[Named]) -> Iterator[Bullet]:
    """Each entry with its result; with its place, where there are several."""
    named = {place.id: place for place in places}
    for outcome in sorted(outcomes, key=lambda one: _FIRST.index(one.result)):
        yield Bullet((said_of(outcome, _who(outcome, named)),))


_FIRST = (
    Result.FAILED,
    Result.NOT_AN_ID,
    Result.BANNED,
    Result.DECLINED_BEFORE,
    Result.DECLINED,
    Result.WAITING,
    Result.UNDER_WAY,
    Result.ASKED_BEFORE,
    Result.INVITED_BEFORE,
    Result.THERE,
    Result.ASKED,
    Result.INVITED,
    Result.JOINED,
)


def _who(outcome: Outcome, places: dict[PlaceId, Named]) -> Sentence | Person:
    if outcome.user is None:
        return sentence("“{typed}”", typed=Text(outcome.typed))
    if len(places) < 2:
        return Person(outcome.user)
    return sentence("{person} ({place})", person=Person(outcome.user), place=link(places[outcome.place]))


def said_of(outcome: Outcome, who: Sentence | Person) -> Sentence:
    """What came of one entry, as a sentence about `who`."""
    match outcome.result:
        case Result.FAILED if outcome.reason is not None:
            return sentence("{who} could not be invited: {reason}.", who=who, reason=outcome.reason)
        case Result.DECLINED_BEFORE if outcome.since is not None:
            day = datetime.fromtimestamp(outcome.since, UTC).date().isoformat()
            return sentence(
                "{who} said no on {day}, and is not asked again for 90 days. `--again` asks all the same.",
                who=who,
                day=day,
            )
        case _:
            return replace(_SENTENCES[outcome.result], parts={"who": who})


_SENTENCES: dict[Result, Sentence] = {
    Result.WAITING: sentence("{who} is invited as soon as that is possible."),
    Result.INVITED: sentence("{who} is invited."),
    Result.ASKED: sentence("{who} is asked."),
    Result.DECLINED: sentence("{who} has said no."),
    Result.FAILED: sentence("{who} could not be invited."),
    Result.JOINED: sentence("{who} has come."),
    Result.THERE: sentence("{who} is there already."),
    Result.INVITED_BEFORE: sentence("{who} was invited before, and has not answered yet."),
    Result.ASKED_BEFORE: sentence("{who} was asked before, and has not answered yet."),
    Result.UNDER_WAY: sentence("{who} is being invited already."),
    Result.DECLINED_BEFORE: sentence("{who} said no within the last 90 days. `--again` asks all the same."),
    Result.BANNED: sentence("{who} is banned there. A coordinator can lift that in their client."),
    Result.NOT_AN_ID: sentence("{who} is no Matrix ID. One looks like @alice:example.org."),
}


def numbered(number: int, said: Sentence) -> Bullet:
    return item("{number}: {said}", number=number, said=said)
