"""Matrix's identifiers and ours: each a word of the language, parsed or refused.

Matrix's are of the specification's appendix "Identifier grammar". Ours are opaque and random, so
that a name can change and a stranger learns nothing from them: `n.` and `g.` tell networks from
groups, `d.` is the direct room of one person, or the room of two who were brought together, and the
full stop, which no slug has, keeps them apart from slugs in one alias namespace.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from dataclasses import replace

from spaces.errors import Malformed
from spaces.sentences import sentence

ALIAS_PREFIX = "hedge_"
_ID_BYTES = 10


class _ServerIdentifier(str):
    """`<sigil>localpart:server`, at most 255 bytes of UTF-8."""

    __slots__ = ()
    sigil = ""
    refusal = sentence("“{typed}” is not a Matrix identifier.")

    @classmethod
    def parse(cls, text: str) -> _ServerIdentifier:
        """Return `text` as this identifier. Raises `Malformed` with a sentence otherwise."""
        localpart, colon, server = text[1:].partition(":")
        well_formed = text.startswith(cls.sigil) and colon and localpart and server
        if not well_formed or len(text.encode("utf-8", "replace")) > 255 or not _is_clean(text):
            raise Malformed(replace(cls.refusal, parts={"typed": printable(text)[:80]}))
        return cls(text)

    @property
    def localpart(self) -> str:
        return self[1:].partition(":")[0]

    @property
    def server(self) -> str:
        return self.partition(":")[2]


class UserId(_ServerIdentifier):
    """A Matrix user ID: `@localpart:server`."""

    __slots__ = ()
    sigil = "@"
    refusal = sentence("“{typed}” is not a Matrix ID. One looks like @alice:example.org.")

    @classmethod
    def parse(cls, text: str) -> UserId:
        return cls(super().parse(text))


class RoomAlias(_ServerIdentifier):
    """A room alias: `#localpart:server`."""

    __slots__ = ()
    sigil = "#"
    refusal = sentence("“{typed}” is not a room alias. One looks like #town:example.org.")

    @classmethod
    def parse(cls, text: str) -> RoomAlias:
        return cls(super().parse(text))


class RoomId(str):
    """A room ID: `!opaque`, with a server part up to room version 11 and without from 12 on (MSC4291)."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> RoomId:
        if not text.startswith("!") or len(text) < 2 or len(text) > 255 or not _is_clean(text):
            raise Malformed(
                "“{typed}” is not a room ID. One looks like !abc:example.org.", typed=printable(text)[:80]
            )
        return cls(text)


class EventId(str):
    """An event ID: `$opaque`."""

    __slots__ = ()


class PlaceId(str):
    """Our own id of a place that has a room: a network, a group or someone's direct room."""

    __slots__ = ()
    prefix = ""

    @classmethod
    def of_bytes(cls, entropy: bytes) -> PlaceId:
        """Make an id of `entropy` (10 random bytes): 16 letters and digits behind the prefix."""
        if len(entropy) != _ID_BYTES:
            raise ValueError(f"an id is made of {_ID_BYTES} bytes")
        return cls(cls.prefix + base64.b32encode(entropy).decode().lower())

    @property
    def is_network(self) -> bool:
        return self.startswith(NetworkId.prefix)

    @property
    def is_group(self) -> bool:
        return self.startswith(GroupId.prefix)

    @property
    def is_direct(self) -> bool:
        return self.startswith(DirectId.prefix)

    @property
    def alias_localpart(self) -> str:
        """The opaque alias that serves as the lock against a second room."""
        return ALIAS_PREFIX + self


class NetworkId(PlaceId):
    __slots__ = ()
    prefix = "n."

    @classmethod
    def of_bytes(cls, entropy: bytes) -> NetworkId:
        return cls(super().of_bytes(entropy))


class GroupId(PlaceId):
    __slots__ = ()
    prefix = "g."

    @classmethod
    def of_bytes(cls, entropy: bytes) -> GroupId:
        return cls(super().of_bytes(entropy))


class DirectId(PlaceId):
    __slots__ = ()
    prefix = "d."

    @classmethod
    def of_user(cls, user: UserId, secret: str) -> DirectId:
        """The one direct room with `user`. `secret` keeps strangers from working the alias out."""
        digest = hashlib.blake2b(f"{secret}|{user}".encode(), digest_size=_ID_BYTES).digest()
        return cls(super().of_bytes(digest))


class Slug(str):
    """The short form of a name: a to z, 0 to 9 and single hyphens, at most 48 characters."""

    __slots__ = ()
    _pattern = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

    @classmethod
    def parse(cls, text: str) -> Slug:
        if len(text) > 64 or not cls._pattern.fullmatch(text):
            raise Malformed(
                "“{typed}” is not a short name. One looks like arts-uk.", typed=printable(text)[:80]
            )
        return cls(text)

    @classmethod
    def of_name(cls, name: str) -> Slug:
        """Transliterate `name`; what has no letters we know becomes `x` and a digest of the name."""
        letters = "".join(_TRANSLITERATION.get(c, c) for c in unicodedata.normalize("NFKC", name).casefold())
        plain = unicodedata.normalize("NFKD", letters).replace("&", " and ").replace("'", "").replace("’", "")
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        words = re.sub(r"[^a-z0-9]+", "-", "".join(_TRANSLITERATION.get(c, c) for c in plain)).strip("-")
        if not words:
            words = "x" + hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=4).hexdigest()
        return cls(words[:48].strip("-"))


def printable(text: str) -> str:
    """`text` without control, format and surrogate characters, so that it can stand in a sentence."""
    return "".join(c for c in text if unicodedata.category(c) not in _UNPRINTABLE)


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _is_clean(text: str) -> bool:
    return all(unicodedata.category(c) not in _UNPRINTABLE and not c.isspace() for c in text)


def _table(pairs: str) -> dict[str, str]:
    return {k: v for k, _, v in (pair.partition("=") for pair in pairs.split())}


# Letters that NFKD does not take apart. Cyrillic after BGN/PCGN in its plain form, Greek after ELOT 743.
_TRANSLITERATION = _table(
    "ß=ss æ=ae œ=oe ø=o đ=d ð=d þ=th ł=l ħ=h ı=i ŋ=ng ə=e "
    "а=a б=b в=v г=g д=d е=e ё=yo ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts "
    "ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya і=i ї=yi є=ye ґ=g ў=u ј=j љ=lj њ=nj ћ=c ђ=dj џ=dz ѓ=gj "
    "ќ=kj ѕ=dz "
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o "
    "ա=a բ=b գ=g դ=d ե=e զ=z է=e ը=y թ=t ժ=zh ի=i լ=l խ=kh ծ=ts կ=k հ=h ձ=dz ղ=gh ճ=ch մ=m յ=y ն=n շ=sh ո=o "
    "չ=ch պ=p ջ=j ռ=r ս=s վ=v տ=t ր=r ց=ts ւ=w փ=p ք=k օ=o ֆ=f "
    "א=a ב=b ג=g ד=d ה=h ו=v ז=z ח=h ט=t י=y כ=k ך=k ל=l מ=m ם=m נ=n ן=n ס=s ע=a פ=p ף=p צ=ts ץ=ts ק=k ר=r "
    "ש=sh ת=t "
    "ا=a أ=a إ=i آ=a ب=b ت=t ث=th ج=j ح=h خ=kh د=d ذ=dh ر=r ز=z س=s ش=sh ص=s ض=d ط=t ظ=z ع=a غ=gh ف=f ق=q "
    "ك=k "
    "ل=l م=m ن=n ه=h و=w ي=y ى=a ة=a ء= پ=p چ=ch ژ=zh گ=g ک=k ی=y"
)
