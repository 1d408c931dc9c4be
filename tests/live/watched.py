"""`mailtrace` that tells, last of all, its exit code and what it loaded and opened after privileges were given up."""

from __future__ import annotations

import json
import sys

from mailtrace import cli
from mailtrace.live import opening
from mailtrace.live.privileges import Identity

WATCHED = ("import", "open", "socket.__new__", "subprocess.Popen")


def main() -> None:
    """Run the command line, watched."""
    drop, seen, dropped = opening.drop, set(), False

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if dropped and event in WATCHED:
            seen.add(f"{event} {arguments[0]}")

    def drop_watched(identity: Identity) -> None:
        nonlocal dropped
        drop(identity)
        dropped = True

    opening.drop = drop_watched
    sys.addaudithook(watch)
    try:
        cli.main()
    except SystemExit as end:
        dropped = False
        print(json.dumps([end.code, sorted(seen)]), file=sys.stderr)


if __name__ == "__main__":
    main()
