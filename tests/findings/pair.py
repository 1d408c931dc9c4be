"""What every rule has in the tests: a capture that makes it speak, and one, nearly alike, that must not.

`pairs_<family>.py` hold them, and `test_pairs.py` that no rule lacks its own.
"""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """Two scenes (see `scene.py`) for the rule of a code; `says` and `packets` are what it must tell of the first.

    Of other rules both may have findings.
    """

    code: str
    seen: str
    says: str
    packets: tuple[int, ...]
    alike: str
