"""“Did you mean”: which of the known words come closest to what was typed."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils

from spaces.sentences import Sentence, listed, sentence

_LONGEST = 60
_SCORERS = ((fuzz.ratio, 70.0), (fuzz.token_sort_ratio, 70.0), (fuzz.token_set_ratio, 95.0))


def close_to(typed: str, known: Sequence[str], most: int = 2, *, enough: float = 0.0) -> list[str]:
    """The closest of `known`, best first; words in another order, or too many words, are close as well."""
    found: dict[str, float] = {}
    for scorer, close_enough in _SCORERS:
        matches = process.extract(
            typed[:_LONGEST],
            known,
            scorer=scorer,
            processor=utils.default_process,
            score_cutoff=max(close_enough, enough),
            limit=most,
        )
        for match, score, _ in matches:
            found[match] = max(score, found.get(match, 0.0))
    return sorted(found, key=lambda match: -found[match])[:most]


def did_you_mean(guesses: Sequence[str]) -> Sentence | str:
    """A question with a space before it, or nothing."""
    if not guesses:
        return ""
    return sentence(
        " Did you mean {guesses}?", guesses=listed((sentence("`{it}`", it=g) for g in guesses), "or")
    )
