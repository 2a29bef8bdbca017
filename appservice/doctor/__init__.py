"""What `hedgerow doctor` looks at: one file for each area, one list of looks (`looks.py`).

A look changes nothing, and one that failed does not stop the next, unless that one needs what is missing.
`repairing.py` mends what findings offer to have mended.
"""

from __future__ import annotations

from appservice.doctor.looks import examine
from appservice.doctor.repairing import Repairing

__all__ = ["Repairing", "examine"]
