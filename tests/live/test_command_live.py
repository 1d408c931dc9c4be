"""`mailtrace live` watching a real mail server: at once, to the end, with keys, until Ctrl-C; B58."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from threading import Thread

import pytest

from tests.forking import forked
from tests.live.command import PATIENCE_SECONDS, Running, wait_until_gone
from tests.live.lan import in_own_network, needs_root
from tests.live.serving import HOST, client_context, mail_server, send_mail, server_context

pytestmark = needs_root

LOOPBACK = ("-i", "lo", "--via", "scapy")
IN_TIME_SECONDS = 0.25
MARK = re.compile(r"mark(\d+)@")


def lines_of(running: Running) -> list[tuple[float, str]]:
    """Return a list that gets the lines of the output with the time at which they come."""
    lines: list[tuple[float, str]] = []

    def read() -> None:
        assert running.process.stdout is not None
        for line in running.process.stdout:
            lines.append((time.monotonic(), line))

    Thread(target=read, daemon=True).start()
    return lines


def wait_for(lines: list[tuple[float, str]], words: str) -> None:
    """Wait until words are in the output."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not any(words in line for _, line in lines):
        assert time.monotonic() < deadline, f"{words!r} never came"
        time.sleep(0.01)


def test_steps_are_on_screen_a_quarter_of_a_second_after_their_packet() -> None:
    """Nearly all are: the machine that tests may have other work for a moment."""

    def body() -> None:
        sent: dict[int, float] = {}
        with mail_server(), Running(*LOOPBACK) as running:
            lines = lines_of(running)
            with socket.create_connection((HOST, 25)) as client, client.makefile("rb") as answers:
                answers.readline()
                client.sendall(b"HELO client.lab.example\r\n")
                answers.readline()
                for number in range(20):
                    time.sleep(0.1)
                    sent[number] = time.monotonic()
                    client.sendall(b"VRFY mark%d@naver.com\r\n" % number)
                    answers.readline()
                wait_for(lines, "mark19@")
            seen: dict[int, float] = {}
            for at, line in lines:
                for found in MARK.findall(line):
                    seen.setdefault(int(found), at)
            running.process.send_signal(signal.SIGINT)
            running.process.wait(PATIENCE_SECONDS)
        assert seen.keys() == sent.keys()
        late = [number for number in sent if seen[number] - sent[number] > IN_TIME_SECONDS]
        assert len(late) <= 2

    in_own_network(body)


def test_b58_ctrl_c_gives_the_report_of_the_record(tmp_path: Path) -> None:
    record = tmp_path / "record.pcapng"

    def body() -> None:
        with mail_server(), Running(*LOOPBACK, "-w", str(record), afresh=True) as running:
            lines = lines_of(running)
            send_mail(1)
            wait_for(lines, "accepted · ")
            running.process.send_signal(signal.SIGINT)
            code = running.process.wait(PATIENCE_SECONDS)
        assert code == 130
        done = forked("analyze", record, environment=os.environ)
        assert done.returncode == 0
        report = done.stdout.decode().splitlines()
        time.sleep(0.2)
        live = [line.rstrip("\n") for _, line in lines]
        at = next(at for at, line in enumerate(live) if line.startswith("lo · "))
        told, reported = (" ".join(lines).partition("·")[2].split() for lines in (live[at:], report))
        assert told == reported, "but for the name, word for word"
        before = " ".join(" ".join(live[:at]).split())
        for words in (
            "TCP connection to port 25 (SMTP) opened",
            "ehlo client.lab.example",
            'the mail: From Lee <lee@naver.com>, Subject "Number 1"',
            "connection closed: first by",
            "lee@naver.com → kim@daum.net · accepted",
        ):
            assert before.count(words) == 1

    in_own_network(body)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_b58_other_ways_to_be_ended(number: int) -> None:
    def body() -> None:
        with Running(*LOOPBACK, "--format", "json", afresh=True) as running:
            code, out = running.end(number)
        assert code == 130
        assert json.loads(out)["conversations"] == []

    in_own_network(body)


def test_b58_the_second_ctrl_c_quits_at_once() -> None:
    def body() -> None:
        with Running(*LOOPBACK, afresh=True) as running:
            begun = time.monotonic()
            running.process.send_signal(signal.SIGINT)
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE_SECONDS) == 130
            assert time.monotonic() - begun < 3

    in_own_network(body)


def test_whoever_reads_may_go_away() -> None:
    """As `mailtrace live | head` does: nothing is wrong, and nothing goes on."""

    def body() -> None:
        with mail_server(), Running(*LOOPBACK, afresh=True) as running:
            children = running.processes()
            assert running.process.stdout is not None
            running.process.stdout.close()
            send_mail(1)
            assert running.process.wait(PATIENCE_SECONDS) == 0
            for child in children[1:]:
                wait_until_gone(child)

    in_own_network(body)


def test_lines_of_json_come_while_it_runs() -> None:
    """What has closed becomes final though nothing more is heard."""

    def body() -> None:
        with mail_server(), Running(*LOOPBACK, "--format", "jsonl") as running:
            lines = lines_of(running)
            send_mail(7)
            wait_for(lines, '"type":"message"')
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE_SECONDS) == 130
        time.sleep(0.2)
        found = [json.loads(line) for _, line in lines]
        assert [each["subject"] for each in found if each["type"] == "message"] == ["Number 7"]
        assert found[-1]["type"] == "capture"
        assert found[-1]["files"] == ["lo"]

    in_own_network(body)


def test_it_ends_by_itself() -> None:
    def body() -> None:
        with Running(*LOOPBACK, "--duration", "0.5", "--format", "json") as running:
            out, _ = running.process.communicate(timeout=PATIENCE_SECONDS)
        assert running.process.returncode == 0
        assert json.loads(out)["capture"]["packets"] == 0
        with mail_server(), Running(*LOOPBACK, "--count", "5", "--format", "json") as running:
            send_mail(1)
            out, _ = running.process.communicate(timeout=PATIENCE_SECONDS)
        assert running.process.returncode == 0
        assert json.loads(out)["capture"]["packets"] == 5

    in_own_network(body)


def test_a_key_log_is_followed_as_it_grows(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.touch()
    tls = server_context(tmp_path)

    def body() -> None:
        with mail_server(tls=tls), Running(*LOOPBACK, "--keylog", str(keys)) as running:
            lines = lines_of(running)
            for number in (1, 2):
                send_mail(number, tls=client_context(keys))
                wait_for(lines, f'Subject "Number {number}"')
            running.process.send_signal(signal.SIGINT)
            assert running.process.wait(PATIENCE_SECONDS) == 130

    in_own_network(body)
