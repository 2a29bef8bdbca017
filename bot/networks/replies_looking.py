"""What is answered to a look: the tree, one place, oneself, the service."""

from __future__ import annotations

from collections.abc import Iterator

from bot.command import Call, reply_to
from bot.languages import LANGUAGES
from bot.networks.asking import Waiting
from bot.networks.looking import Oneself, Running, Shown, Tree
from bot.networks.phrases import KINDS, LISTED_AT_MOST, link, links, people, stays_for, who_gets_in
from bot.networks.questions import answers, summary
from bot.networks.rules import Named, Question
from bot.networks.tree import MOST_LINES, Leaf
from bot.ports import ServiceStatus
from bot.reply import Block, Bold, Bullet, Document, Paragraph, Person, item, line, paragraph, say
from spaces.network import ACCESSES, Kind, Pause, Status
from spaces.sentences import Sentence, counted, sentence


@reply_to(Tree)
def tree(result: Tree, call: Call) -> Document:
    blocks = [*_top(result), *(Bullet((_leaf(leaf),), leaf.depth) for leaf in result.leaves)]
    if result.left_out:
        blocks.append(Paragraph((counted("… and {count} more.", "… and {count} more.", result.left_out),)))
    if not result.leaves and not result.groups:
        blocks.append(
            paragraph("There is nothing below it.") if result.top else paragraph("There is no network yet.")
        )
    if result.in_company and not result.top:
        blocks.append(
            paragraph("That is what everyone here may see. In a direct message I show you all of yours.")
        )
    return Document(tuple(blocks))


def _top(result: Tree) -> Iterator[Block]:
    if result.top:
        yield Paragraph((_leaf(result.top),))
        yield from (item("{group}, group", group=link(group)) for group in result.groups[:MOST_LINES])
        if (more := len(result.groups) - MOST_LINES) > 0:
            yield Bullet((counted("… and {count} more group", "… and {count} more groups", more),))


def _leaf(leaf: Leaf) -> Sentence:
    network, access = link(leaf.network), ACCESSES[leaf.access]
    if leaf.kind is Kind.NETWORK:
        told = sentence("{network}, {access}", network=network, access=access)
    else:
        told = sentence("{network}, {kind}, {access}", network=network, kind=KINDS[leaf.kind], access=access)
    if leaf.again:
        return sentence("{network}, as above", network=told)
    if leaf.more:
        return counted(
            "{network} … and {count} more: `tree {slug}`",
            "{network} … and {count} more: `tree {slug}`",
            leaf.more,
            network=told,
            slug=leaf.network.slug,
        )
    return told


@reply_to(Shown)
def shown(result: Shown, call: Call) -> Document:
    blocks: list[Block] = [Paragraph((_head(result),))]
    if result.topic:
        blocks.append(Paragraph(line(result.topic)))
    if result.status is not Status.PROPOSED:
        blocks.append(Paragraph((who_gets_in(result.ways),)))
    return Document((*blocks, *_facts(result)))


def _head(result: Shown) -> Sentence:
    place, kind, slug = link(result.place), KINDS[result.kind], result.place.slug
    if result.status is Status.PROPOSED:
        return sentence("{place}, {kind}, not made yet: `{slug}`", place=place, kind=kind, slug=slug)
    if result.status is Status.ARCHIVED:
        return sentence("{place}, {kind}, archived: `{slug}`", place=place, kind=kind, slug=slug)
    return sentence("{place}, {kind}: `{slug}`", place=place, kind=kind, slug=slug)


def _facts(result: Shown) -> Iterator[Block]:
    if result.above and result.kind is None:
        yield item("In: {networks}", networks=links(result.above))
    elif result.above:
        yield item("Under: {networks}", networks=links(result.above))
    if result.children:
        yield item("Networks below: {networks}", networks=links(result.children))
    if result.groups and result.status is not Status.PROPOSED:
        yield item("Groups: {groups}", groups=links(result.groups))
    if result.language:
        yield item("Language: {language}", language=LANGUAGES[result.language])
    if result.timezone:
        yield item("Time zone: {zone}", zone=result.timezone)
    yield from (item("Asks who applies: {question}", question=asked) for asked in result.questions)
    yield from (_waits(waiting) for waiting in result.waiting)
    if result.coordinators:
        yield item("Looked after by: {people}", people=people(result.coordinators, "and"))
    else:
        yield item("Nobody looks after it at present.")
    if result.grace_days is not None and result.status is Status.ACTIVE:
        yield Bullet((stays_for(result.grace_days),))
    if result.offers_groups:
        yield item("I tell everyone who joins it which groups there are.")
    if result.paused is Pause.FIGHT:
        yield item(
            "Fought over: only what keeps strangers out is put back in it until `resume {slug}`",
            slug=result.place.slug,
        )
    elif result.paused:
        yield item("Paused: nothing is put back in it until `resume {slug}`", slug=result.place.slug)
    if result.members is not None and result.status is Status.ACTIVE:
        yield item("Members: {number}", number=result.members)


def _waits(waiting: Waiting) -> Bullet:
    if waiting.side is None:
        return item("Waits for: a network you cannot see")
    return item("Waits for: {network}", network=link(waiting.side))


@reply_to(Oneself)
def oneself(result: Oneself, call: Call) -> Document:
    person = Person(result.user)
    if result.is_admin:
        you = paragraph("You are {person}, an admin of this homeserver.", person=person)
    else:
        you = paragraph("You are {person}.", person=person)
    if result.in_company:
        return Document((you, paragraph("In a direct message I tell you about your networks.")))
    return Document((you, *_own(result), *_questions(result.questions), *_requests(result.requests)))


def _own(result: Oneself) -> Iterator[Block]:
    if result.coordinates:
        yield paragraph("You look after {networks}.", networks=links(result.coordinates))
    if result.member_of:
        yield paragraph("You are in {networks}.", networks=links(result.member_of))
    if not result.coordinates and not result.member_of:
        yield paragraph("You are in no network yet. `tree` shows those that you can see.")


def _questions(questions: tuple[Question, ...]) -> Iterator[Block]:
    if questions:
        yield paragraph("These wait for your yes:")
    for question in questions:
        yes, no = answers(question)
        yield item("{question}: `{yes}` or `{no}`", question=summary(question), yes=yes, no=no)


@reply_to(Running)
def running(result: Running, call: Call) -> Document:
    if result.status:
        blocks = tuple(_service(result.status))
    elif result.homeserver_answers:
        blocks = say("All is well.").blocks
    else:
        blocks = say(
            "I am here, but the homeserver does not answer. What you asked for is kept until it does."
        ).blocks
    waits = (*_questions(result.questions), *_requests(result.requests))
    quiet = () if waits or result.status else (paragraph("Nothing waits for your yes."),)
    return Document((*blocks, *waits, *quiet, *_paused(result.paused)))


def _requests(requests: int) -> Iterator[Block]:
    if requests:
        head = counted(
            "One person asks to join what you look after: `requests`",
            "{count} people ask to join what you look after: `requests`",
            requests,
        )
        yield Paragraph((head,))


def _paused(places: tuple[tuple[Named, Pause], ...]) -> Iterator[Block]:
    for place, pause in places:
        if pause is Pause.FIGHT:
            yield item(
                "{place} was fought over: only what keeps strangers out is put back in it until "
                "`resume {slug}`",
                place=link(place),
                slug=place.slug,
            )
        else:
            yield item(
                "{place} is paused: nothing is put back in it until `resume {slug}`",
                place=link(place),
                slug=place.slug,
            )


def _service(status: ServiceStatus) -> Iterator[Block]:
    service = Bold(f"Hedgerow {status.version}")
    if status.homeserver_answers:
        yield paragraph("{service}. The homeserver answers.", service=service)
    else:
        yield paragraph("{service}. The homeserver does not answer.", service=service)
    yield item("Networks: {networks}, groups: {groups}", networks=status.networks, groups=status.groups)
    yield Bullet((_encryption(status.cross_signed),))
    yield item("Writes that wait: {number}", number=status.waiting)
    yield item("Events set aside: {number}", number=status.set_aside)
    yield item("Writes that failed: {number}", number=len(status.failed))
    yield from (Bullet(line(failed), 1) for failed in status.failed[:LISTED_AT_MOST])
    if (more := len(status.failed) - LISTED_AT_MOST) > 0:
        yield Bullet((counted("… and {count} more", "… and {count} more", more),), 1)


def _encryption(cross_signed: bool | None) -> Sentence:
    if cross_signed is None:
        return sentence("Encryption is off: I read only what is not encrypted.")
    if cross_signed:
        return sentence("Encryption is on, and my device is cross-signed.")
    return sentence(
        "Encryption is on, but my device is not cross-signed, so some clients keep from me what is "
        "written in encrypted rooms. The log says more."
    )
