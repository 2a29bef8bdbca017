"""What stands in the place of somebody who asked to be forgotten, and the networks without them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from spaces.identifiers import UserId
from spaces.landscape import Landscape

LETTERS, STUB_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789", 8
_STUB = re.compile(rf"@forgotten-[{LETTERS}]{{{STUB_LETTERS}}}")
# A name may end before a dot or a colon that are no part of it: at the end of a sentence, in a key of ours.
_ENDS = r"(?![A-Za-z0-9_-]|\.[A-Za-z0-9]|:[0-9]{1,5}(?![\w]))"


def stub_of(letters: str) -> str:
    """Stands for them in the audit log. It is no Matrix ID, so that nobody can ever be called so."""
    return f"@forgotten-{letters}"


def is_stub(text: str) -> bool:
    return _STUB.fullmatch(text) is not None


def naming(user: UserId) -> re.Pattern[str]:
    """Where a text names `user`, in full or as it stands in a link; never where it names another."""
    forms = {user, quote(user, safe=""), quote(user, safe="@:")}
    return re.compile(f"(?:{'|'.join(map(re.escape, sorted(forms)))}){_ENDS}")


def without_names(value: Any, user: UserId, stub: str, *, drops: bool = False) -> Any:
    """`value` (as of JSON) with `stub` where it names `user`; keys that name them are gone.

    `drops`: so are the entries of lists that are nothing but their name.
    """
    return _Cleaner(naming(user), stub, drops).cleaned(value)


class _Cleaner:
    def __init__(self, named: re.Pattern[str], stub: str, drops: bool) -> None:
        self._named, self._stub, self._drops = named, stub, drops

    def cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._named.sub(self._stub, value)
        if isinstance(value, dict):
            return {key: self.cleaned(part) for key, part in value.items() if not self._named.search(key)}
        if isinstance(value, list):
            return [self.cleaned(part) for part in value if not (self._drops and self._is_name(part))]
        return value

    def _is_name(self, part: Any) -> bool:
        return isinstance(part, str) and self._named.fullmatch(part) is not None


def parts_naming(value: Any, user: UserId) -> Any:
    """What of `value` (as of JSON) names `user`, without what stands beside it; None if nothing does."""
    return _parts(value, naming(user), user)


def _parts(value: Any, named: re.Pattern[str], user: UserId) -> Any:
    if isinstance(value, str):
        return user if named.search(value) else None
    if isinstance(value, dict):
        found = {
            (user if named.search(key) else key): part if named.search(key) else _parts(part, named, user)
            for key, part in value.items()
        }
        return {key: part for key, part in found.items() if part is not None or key == user} or None
    if isinstance(value, list):
        return [part for part in (_parts(one, named, user) for one in value) if part is not None] or None
    return None


def without_person(landscape: Landscape, user: UserId) -> Landscape:
    """The same without their roles, and with nobody where they had proposed or banned.

    What bans them stays: it holds in rooms to come as well, and Matrix itself shows it in those there are.
    """
    coordinators = {key: one for key, one in landscape.coordinators.items() if one.user != user}
    links = {key: _unasked(one, user) for key, one in landscape.links.items()}
    shares = {key: _unasked(one, user) for key, one in landscape.shares.items()}
    bans = {
        key: replace(one, by=UserId("")) if one.by == user else one for key, one in landscape.bans.items()
    }
    changed = replace(landscape, coordinators=coordinators, links=links, shares=shares, bans=bans)
    return landscape if changed == landscape else changed


def _unasked(one: Any, user: UserId) -> Any:
    return replace(one, asked_by=None) if one.asked_by == user else one
