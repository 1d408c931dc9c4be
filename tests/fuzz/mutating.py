"""How long every fuzz target is tried in the tests, and what is printed of an input that fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import process_time

SEED = 20240607


def try_for(seconds: float, make: Callable[[random.Random], bytes], target: Callable[[bytes], object]) -> None:
    """Give the target inputs for so many seconds of processor time; one that fails is printed in hexadecimal."""
    chance = random.Random(SEED)
    began = process_time()
    while process_time() - began < seconds:
        data = make(chance)
        try:
            target(data)
        except Exception:
            print(data.hex())
            raise
