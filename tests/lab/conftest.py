"""The lab is a set of scripts and no part of the package; its tests find it here."""

from __future__ import annotations

import sys

from tests.support import SAMPLES

sys.path.insert(0, str(SAMPLES / "lab"))
