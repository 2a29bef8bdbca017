"""A blueprint that needs the yes of others: their coordinators are asked."""

from __future__ import annotations

from bot.networks import questions
from bot.networks.rules import question, question_of_share, share_waits_for, waits_for, ways_in
from bot.ports import Work
from spaces.landscape import Landscape


async def ask_coordinators(work: Work, before: Landscape) -> None:
    """Put each link that waits, and did not in `before`, to the coordinators of the side that is asked."""
    landscape = work.landscape
    for key, link in landscape.links.items():
        if link.holds or before.links.get(key) == link:
            continue
        side = waits_for(link)
        for user in landscape.coordinators_of(side):
            standing = await work.standing_of(user)
            ways = ways_in(landscape, link.child, standing, wanted=True)
            words = questions.asks(question(landscape, link), ways, link.asked_by)
            await work.tell(user, words, said=f"asks {link.child} {side}", reminding=True)
    await _ask_about_shares(work, before)


async def _ask_about_shares(work: Work, before: Landscape) -> None:
    landscape = work.landscape
    for key, share in landscape.shares.items():
        if share.holds or before.shares.get(key) == share:
            continue
        side = share_waits_for(landscape, share)
        for user in landscape.coordinators_of(side):
            ways = ways_in(landscape, share.group, await work.standing_of(user), wanted=True)
            words = questions.asks(question_of_share(landscape, share), ways, share.asked_by)
            await work.tell(user, words, said=f"asks {share.group} {side}", reminding=True)
