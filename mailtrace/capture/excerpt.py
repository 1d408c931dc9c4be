"""A pcapng file of only the chosen packets of captures, with what the captures say around them, and with comments.

The captures are read once more by the readers that read them first: whatever mailtrace can read can be copied, and no
more of it is in memory than a batch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import BinaryIO

import numpy as np

from mailtrace.capture.source import open_capture
from mailtrace.capture.writer import Writer


def write_excerpt(
    paths: Sequence[str],
    out: BinaryIO,
    numbers: Collection[int],
    comments: Mapping[int, Sequence[str]],
    with_secrets: bool = False,
) -> int:
    """Write the packets with `numbers` (from 1, over all captures in order) to `out`; return how many were there.

    `comments` by packet number are added to those the packets have, as they are given: sanitise what came from the
    wire. Kept are time stamps, options of packets, interfaces and sections, names for addresses and counts of losses;
    secrets that decrypt traffic only `with_secrets`. Blocks of other kinds are left out.
    Raises: `UnreadableInput`, and `OSError` of `out`.
    """
    writer = Writer(out, with_secrets)
    wanted = np.array(sorted(set(numbers)), np.int64)
    last = 0
    for path in paths:
        writer.begin_section("<", 0)
        before = last
        with open_capture(path, writer=writer) as capture:
            for batch in capture.batches():
                first = batch.first_number + before
                last = first + len(batch.start) - 1
                low, high = np.searchsorted(wanted, (first, last + 1))
                for number in wanted[low:high].tolist():
                    writer.add_packet(batch, number - first, comments.get(number, ()))
    writer.finish()
    return writer.packets
