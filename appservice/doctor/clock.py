"""Whether two clocks agree. A clock that is wrong sends digests at wrong hours and keeps old codes valid."""

from __future__ import annotations

from appservice.findings import Finding

_LOOK_SECONDS = 30
_FAILED_SECONDS = 300


def clock_of(whose: str, theirs: float, ours: float) -> Finding:
    """Compare, in seconds since 1970. `whose` begins the sentence's second half: “the homeserver”."""
    apart = abs(theirs - ours)
    if apart <= _LOOK_SECONDS:
        return Finding("ok", "clock", f"this machine's clock agrees with that of {whose}")
    way = "behind" if ours < theirs else "ahead of"
    found = f"this machine's clock is {_said(apart)} {way} that of {whose}"
    mend = "set both by the network: `timedatectl set-ntp true` on each machine, and `timedatectl` to see."
    return Finding("failed" if apart > _FAILED_SECONDS else "look", "clock", found, mend)


def _said(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
