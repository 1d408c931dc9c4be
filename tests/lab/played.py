"""A scenario played, recorded and analysed: what the tests of the lab look at."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from maillab.machines import INSTALLED

from tests.forking import forked
from tests.lab.ahead import CAPTURE, LOG, SAID, play_once

IS_INSTALLED = os.geteuid() == 0 and (INSTALLED / "layers" / "exim").is_dir()

needs_lab = pytest.mark.skipif(not IS_INSTALLED, reason="needs root and samples/lab/install")
"""Marks a test that plays a scenario; `.ci/run` installs the lab, so that none is skipped there."""

QUEUE_ID = re.compile(
    r" (?:sendmail|sm-mta)\[\d+\]: (\w{14,}): from=| postfix/\w+\[\d+\]: ([0-9A-F]{6,}): client=| (\S{16}) <= \S+ H="
)
"""The entry of a log that says under which name a server took in a mail: Sendmail's, Postfix's, Exim's."""


@dataclass(frozen=True)
class Played:
    """What came of it: mailtrace's results, and what the lab itself wrote down."""

    capture: Path
    results: dict[str, Any]
    said: list[dict[str, Any]]
    log: str

    def spoken(self, protocol: str) -> list[dict[str, Any]]:
        """The conversations of a protocol, in the order they began."""
        return [one for one in self.results["conversations"] if one["protocol"] == protocol]

    @property
    def journeys(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """Of each journey its subject, its sender, and each recipient with what became of it."""
        return [
            (one["subject"], one["sender"], [(to["address"], to["outcome"]) for to in one["recipients"]])
            for one in self.results["journeys"]
        ]

    @property
    def queue_ids(self) -> set[str]:
        """The names under which servers took in mails, by their logs."""
        return {name for found in QUEUE_ID.findall(self.log) for name in found if name}


def play(scenario: str, folder: Path) -> Played:
    """Have a scenario played and analyse what was recorded."""
    play_once(scenario, folder)
    calls = [json.loads(line) for line in (folder / SAID).read_text(encoding="utf-8").splitlines()]
    return Played(folder / CAPTURE, analyse(folder / CAPTURE), calls, (folder / LOG).read_text(encoding="utf-8"))


def analyse(capture: Path) -> dict[str, Any]:
    """What `mailtrace analyze --format json` says of a capture."""
    done = forked("analyze", "--format", "json", capture, environment=os.environ)
    assert done.returncode == 0
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def seconds_to_greeting(conversation: dict[str, Any]) -> float:
    """How long after the first packet the server greeted."""
    greeting = conversation["turns"][0]["replies"][0]["time"]
    return moment(greeting) - moment(conversation["start"])


def moment(text: str) -> float:
    """A time of the JSON contract as seconds; nanoseconds are more than `datetime` knows."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


def statuses(conversation: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    """Each command's verb and the status of its answer, as mailtrace has them."""
    return [
        (turn["command"] and turn["command"]["verb"], turn["replies"][-1]["status"] if turn["replies"] else None)
        for turn in conversation["turns"]
    ]


def heard_codes(call: dict[str, Any]) -> list[str]:
    """The codes of the replies that a client of SMTP heard, by its own record."""
    return [text[:3] for _, who, text in call["log"] if who == "S" and text[3:4] != "-"]
