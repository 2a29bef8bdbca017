"""What is said in a network's rooms when nobody looks after it, and when somebody is proposed."""

from __future__ import annotations

from bot.networks.phrases import link
from bot.networks.rules import Named
from bot.reply import Document, Person, paragraph, say
from spaces.identifiers import UserId


def is_orphaned(network: Named) -> Document:
    return Document(
        (
            paragraph(
                "Nobody looks after {network} any more. I go on looking after its rooms.",
                network=link(network),
            ),
            paragraph(
                "Propose a member who is to: `!hedge nominate @USER --in {slug}`. Three members have to "
                "agree, or a coordinator of a network above it.",
                slug=network.slug,
            ),
        )
    )


def is_silent(network: Named) -> Document:
    return Document(
        (
            paragraph(
                "Those who look after {network} have not been heard of for a long time.",
                network=link(network),
            ),
            paragraph(
                "Propose a member who is to help: `!hedge nominate @USER --in {slug}`. Three members have to "
                "agree, or a coordinator of a network above it.",
                slug=network.slug,
            ),
        )
    )


def is_proposed(person: UserId, network: Named, by: UserId) -> Document:
    return say(
        "{proposer} proposes that {person} looks after {network}. To agree: "
        "`!hedge second {typed} --in {slug}`.",
        proposer=Person(by),
        person=Person(person),
        network=link(network),
        typed=str(person),
        slug=network.slug,
    )


def has_taken_over(person: UserId, network: Named) -> Document:
    return say("{person} looks after {network} from now on.", person=Person(person), network=link(network))
