"""What `hedgerow doctor` tells: one line for each look, and a connection that failed in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import aiohttp

from appservice.repairs import Repair

SECONDS = 15
"""How long one answer is waited for."""

Verdict = Literal["ok", "look", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, what was found, and how to mend it where `found` does not say so.

    `repair` is what `hedgerow doctor --repair` can do about it by itself.
    """

    verdict: Verdict
    about: str
    found: str
    mend: str = ""
    repair: Repair | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be mended: what one should look at is well."""
        return self.verdict != "failed"

    def as_json(self) -> dict[str, str]:
        """What programs read."""
        return {"about": self.about, "verdict": self.verdict, "found": self.found, "mend": self.mend}

    def __str__(self) -> str:
        found = self.found if self.found.endswith((".", "?", "!")) else f"{self.found}."
        how = "" if self.mend[:1].isupper() else "To mend it: "  # a whole sentence stands for itself
        mend = f" {how}{self.mend}" if self.mend else ""
        return f"{self.verdict:<7} {self.about}: {found}{mend}"


def of_connection(cause: BaseException | None) -> str | None:
    """Why no answer came, in words; None where that is not what failed."""
    match cause:
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not one that this machine trusts"
        case aiohttp.ClientSSLError():
            return "no encrypted connection comes about"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case TimeoutError():
            return f"no answer came in {SECONDS} seconds"
        case aiohttp.ClientConnectorError():
            return "nothing there takes a connection"
        case OSError() | aiohttp.ClientError():
            return "the connection ended before an answer came"
    return None
