"""Plays a scenario of the lab: real mail servers in a network of their own, recorded, and then gone again."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from maillab.lab import Lab
from maillab.machines import INSTALLED, LabError
from maillab.namespaces import play_within
from maillab.scenarios import SCENARIOS, story

DONE, FAILED, CANNOT_START, INTERRUPTED = 0, 1, 3, 130
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Check, play, and return the exit code."""
    arguments = read_command_line()
    problem = obstacle()
    if problem:
        complain(problem)
        return CANNOT_START
    try:
        code = play_within(lambda: play(arguments))
    except OSError as error:
        complain(f"{error}; in a container the lab needs --privileged")
        return CANNOT_START
    for path in (arguments.output, arguments.keylog, arguments.said, arguments.log):
        if path:
            give_to_caller(path)
    return code


def read_command_line() -> argparse.Namespace:
    """Read the command line; wrong usage ends here with exit code 2."""
    stories = "\n".join(f"  {name:11} {story(name)}" for name in SCENARIOS)
    parser = argparse.ArgumentParser(
        prog="samples/lab/run",
        description=__doc__,
        epilog=f"scenarios:\n{stories}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", choices=SCENARIOS, metavar="SCENARIO", help="which one, see below")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="record into this file (pcapng)")
    parser.add_argument("--in-bridge", metavar="COMMAND", help="run this where all packets pass, while it plays")
    parser.add_argument("--keylog", type=Path, metavar="FILE", help="the clients' TLS keys, written as they are made")
    parser.add_argument("--said", type=Path, metavar="FILE", help="what the clients said and heard, as JSON lines")
    parser.add_argument("--log", type=Path, metavar="FILE", help="what the servers logged")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not tell what happens meanwhile")
    arguments = parser.parse_args()
    if not (arguments.output or arguments.in_bridge):
        parser.error("say what it is played for: -o FILE to record it, or --in-bridge COMMAND to watch it")
    return arguments


def obstacle() -> str | None:
    """Why the lab cannot be played here, in one line; None where it can."""
    if os.geteuid() != 0:
        return "must be run as root, since it makes networks: sudo samples/lab/run ..."
    if not (INSTALLED / "layers" / "exim").is_dir():
        return "the machines of the lab are not installed yet; to install them: sudo samples/lab/install"
    return None


def play(arguments: argparse.Namespace) -> int:
    """Play within the walls of the lab, and return the exit code."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    lab: Lab | None = None
    code = FAILED
    try:
        lab = Lab(arguments.output, arguments.in_bridge, arguments.keylog, arguments.quiet)
        SCENARIOS[arguments.scenario](lab)
        code = DONE
    except (LabError, OSError) as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("interrupted")
        code = INTERRUPTED
    for number in SIGNALS:  # who asks twice does not want to wait
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    try:
        if lab:
            finish(lab, arguments)
    except (LabError, OSError) as error:
        complain(str(error))
        code = code or FAILED
    return code


def finish(lab: Lab, arguments: argparse.Namespace) -> None:
    """End the recording, and write what was asked for. Raises: LabError, OSError."""
    lab.end()
    if arguments.said:
        lab.write_said(arguments.said)
    if arguments.log:
        arguments.log.write_text("".join(f"{line}\n" for line in lab.log.lines), encoding="utf-8")


def give_to_caller(path: Path) -> None:
    """Let a file belong to the user who called `sudo`, so that it can be read and removed without."""
    if path.is_file() and "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def complain(message: str) -> None:
    """Tell the user in one line what went wrong."""
    print(f"samples/lab/run: {message}", file=sys.stderr, flush=True)
