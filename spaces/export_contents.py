"""What is wrong with what an export brings along besides its networks: each problem a sentence in English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from spaces.directory import ListingKind
from spaces.errors import Refusal
from spaces.exported import Export
from spaces.identifiers import NetworkId, UserId, printable
from spaces.listings import Listing
from spaces.market import Posting, check_text
from spaces.occasions import Occasion, check_words
from spaces.stories import LONGEST_TEXT, Levels, Story, check_byline, check_headline, cleaned, stands
from spaces.zones import zone_names

LONGEST = {"name": 200, "about": 20_000, "place": 2_000, "phone": 2_000, "email": 2_000, "web": 2_000}
_POSTED = (ListingKind.OFFER, ListingKind.WANT)
_LISTED = (ListingKind.ORGANISATION, ListingKind.SERVICE)


def problems_of(export: Export) -> Iterator[str]:
    """Everything that keeps listings, postings, stories, occasions and people of it from being used."""
    numbered = {
        "listing": [one.number for one in export.listings],
        "offer or want": [one.number for one in export.postings],
        "story": [story.number for story, _ in export.stories],
        "event": [one.number for one in export.occasions],
    }
    for what, numbers in numbered.items():
        for number, count in Counter(numbers).items():
            if count > 1 or number < 1:
                yield f"The {what} {number} is in the file {count} times, or has no number that can be."
    organisations = {one.number for one in export.listings if one.kind is ListingKind.ORGANISATION}
    for listing in export.listings:
        yield from _of(export, f"The listing {listing.number}", listing.network, listing.stewards)
        yield from _about_listing(listing, organisations)
    for posting in export.postings:
        yield from _of(export, f"The offer or want {posting.number}", posting.network, [posting.owner])
        yield from _about_posting(posting)
    for occasion in export.occasions:
        yield from _of(export, f"The event {occasion.number}", occasion.network, [occasion.owner])
        yield from _about_occasion(occasion)
    for story, levels in export.stories:
        yield from _about_story(export, story, levels)
    for people in export.members.values():
        yield from _people("A member", people)


def _of(export: Export, what: str, network: NetworkId, people: Iterable[UserId]) -> Iterator[str]:
    if network not in export.tree.networks:
        yield f"{what} is of “{_shown(network)}”, and there is no such network in the file."
    yield from _people(what, people)


def _people(what: str, people: Iterable[UserId]) -> Iterator[str]:
    for user in people:
        if user:
            yield from _refused(what, partial(UserId.parse, user))


def _about_listing(listing: Listing, organisations: set[int]) -> Iterator[str]:
    what, contact = f"The listing {listing.number}", listing.contact
    if listing.kind not in _LISTED:
        yield f"{what} is neither an organisation nor a service."
    if not listing.name.strip():
        yield f"{what} has no name."
    texts = {"name": listing.name, "about": listing.about, "place": listing.place}
    texts |= {"phone": contact.phone, "email": contact.email, "web": contact.web}
    for name, text in texts.items():
        if len(text) > LONGEST[name]:
            yield f"{what}: its {name} has more than {LONGEST[name]} characters."
    if listing.by is not None and listing.by not in organisations:
        yield f"{what} is a service of the organisation {listing.by}, and there is none in the file."


def _about_posting(posting: Posting) -> Iterator[str]:
    what = f"The offer or want {posting.number}"
    if posting.kind not in _POSTED:
        yield f"{what} is neither an offer nor a want."
    if not posting.owner:
        yield f"{what} is nobody's."
    yield from _refused(what, partial(check_text, posting.text))


def _about_occasion(occasion: Occasion) -> Iterator[str]:
    what = f"The event {occasion.number}"
    yield from _refused(what, partial(check_words, occasion.name, occasion.place))
    if occasion.zone not in zone_names():
        yield f"{what} has an unknown time zone, “{_shown(occasion.zone)}”."
    if occasion.ends_at is not None and occasion.ends_at < occasion.starts_at:
        yield f"{what} ends before it begins."


def _about_story(export: Export, story: Story, levels: Levels) -> Iterator[str]:
    what = f"The story {story.number}"
    yield from _people(what, [story.author])
    if len(story.text) > LONGEST_TEXT or cleaned(story.text) != story.text or not story.text:
        yield f"{what}: its text is empty, too long, or not as it would be kept."
    if story.byline is not None:
        yield from _refused(what, partial(check_byline, story.byline))
    for level in levels.values():
        if level.headline:
            yield from _refused(what, partial(check_headline, level.headline))
    home = export.tree.groups.get(story.group)
    if home is None:
        yield f"{what} is of “{_shown(story.group)}”, and there is no such group in the file."
    elif not levels or not all(stands(export.tree, story, levels, network) for network in levels):
        yield f"{what} cannot have come to where it is, by the links in the file."


def _refused(what: str, check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except Refusal as refusal:
        yield f"{what}: {refusal.sentence}"


def _shown(text: str) -> str:
    return printable(" ".join(text.split()))[:80]
