"""A week in a made-up county, and names that would be tags if they could."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from spaces.directory import ListingKind
from spaces.identifiers import NetworkId, UserId
from spaces.market import Terms
from spaces.news import (
    AnnouncementTold,
    News,
    OccasionTold,
    PlaceTold,
    PostingTold,
    Reach,
    Span,
    StoryTold,
    in_order,
)

HOSTILE = '<script>alert("1")</script>&amp;\u202e]]>'
"""Once it is text, without what turns the direction of letters."""
HARMLESS = '<script>alert("1")</script>&amp;]]>'


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def story(key: str = "story 1", headline: str = "Forty voices", **more: Any) -> StoryTold:
    usual = {
        "text": "They sang.\nThen there was cake.",
        "byline": "Ada of the choir",
        "at": at("2027-03-06 10:00"),
    }
    return StoryTold(
        key, headline, **{**usual, "way": ("Singing for Lungs", "Arts & Health", "Somerset"), **more}
    )


def alias(name: str) -> str:
    return f"#hedge_{name}:example.org"


def news(**more: Any) -> News:
    usual: dict[str, Any] = {
        "network": NetworkId("n.aaaaaaaaaaaaaaaa"),
        "name": "Somerset",
        "topic": "Between the hills and the levels",
        "slug": "somerset",
        "span": Span(at("2027-03-01"), at("2027-03-08"), at("2027-03-08 09:00")),
        "reach": Reach(UserId("@hedgerow:example.org"), alias("somerset"), ("Ada Example", "Ben")),
    }
    return in_order(News(**{**usual, **more}))


def whole_week(**more: Any) -> News:
    """Something of each kind."""
    occasions = (
        OccasionTold(
            "event 1",
            "Repair café",
            at("2027-03-13 14:00"),
            at("2027-03-13 16:00"),
            "Village hall",
            "Bring what is broken.",
            at("2027-03-01 10:00"),
            "Europe/Paris",
        ),
    )
    postings = (
        PostingTold(48211, ListingKind.OFFER, "A long ladder", at("2027-04-20"), Terms.LEND),
        PostingTold(58211, ListingKind.WANT, "Who mends a cello bow", at("2027-04-20")),
    )
    places = (
        PlaceTold("Painting", "We paint outdoors", alias("somerset_painting")),
        PlaceTold("Somerset", "Between the hills and the levels", alias("somerset")),
    )
    usual: dict[str, Any] = {
        "stories": (story(), story("story 2", "", text="Frogs are back.", byline="", at=at("2027-03-07"))),
        "announcements": (
            AnnouncementTold("announcement 1", "Water is off.", "Mill Lane", at("2027-03-05")),
        ),
        "occasions": occasions,
        "postings": postings,
        "places": places,
    }
    return news(**{**usual, **more})


def hostile() -> News:
    """Everything that people write is `HOSTILE`."""
    occasion = OccasionTold("event 1", HOSTILE, at("2027-03-13"), None, HOSTILE, HOSTILE, at("2027-03-01"))
    return whole_week(
        name=HOSTILE,
        topic=HOSTILE,
        stories=(story(headline=HOSTILE, text=HOSTILE, byline=HOSTILE, way=(HOSTILE, HOSTILE)),),
        announcements=(AnnouncementTold("announcement 1", HOSTILE, HOSTILE, at("2027-03-05")),),
        occasions=(occasion,),
        postings=(PostingTold(48211, ListingKind.OFFER, HOSTILE, at("2027-04-20")),),
        places=(PlaceTold(HOSTILE, HOSTILE, alias("x")),),
        reach=Reach(UserId("@hedgerow:example.org"), alias("x"), (HOSTILE,)),
    )
