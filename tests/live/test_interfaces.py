"""The interfaces of this machine, as told by the kernel and as listed by the command."""

from __future__ import annotations

import os
import subprocess
import sys

from mailtrace.live.filters import ports_filter
from mailtrace.live.interfaces import read_interfaces
from tests.live.lan import add_wire, in_own_network, needs_root, run
from tests.support import ROOT


@needs_root
def test_interfaces_are_told_with_state_and_addresses() -> None:
    def body() -> None:
        add_wire("near", "far")
        run("ip", "address", "add", "192.0.2.1/24", "dev", "near")
        run("ip", "address", "add", "198.51.100.7/30", "dev", "near")
        run("ip", "link", "set", "far", "down")
        found = {each.name: each for each in read_interfaces()}
        assert set(found) >= {"lo", "near", "far"}
        assert set(found["lo"].addresses) == {"127.0.0.1/8", "::1/128"}
        assert found["near"].addresses == ("192.0.2.1/24", "198.51.100.7/30")
        assert [found[name].is_up for name in ("lo", "near", "far")] == [True, True, False]
        assert [found[name].is_running for name in ("lo", "near")] == [True, False]
        assert [found[name].is_loopback for name in ("lo", "near")] == [True, False]
        assert [found[name].link_type for name in ("lo", "near")] == [1, 1]

    in_own_network(body)


def listed(*before: str, path: str | None = None) -> str:
    """Return what `mailtrace interfaces` prints."""
    environment = {**os.environ, "PATH": os.environ["PATH"] if path is None else path}
    command = [*before, sys.executable, "-m", "mailtrace", "interfaces"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@needs_root
def test_the_command_lists_them_and_says_who_may_capture() -> None:
    def body() -> None:
        add_wire("near", "far")
        run("ip", "link", "set", "far", "down")
        lines = listed().splitlines()
        assert lines[0].split() == ["Interface", "State", "Frames", "Addresses"]
        assert "lo         up            loopback  127.0.0.1/8, ::1/128" in lines
        assert "near       up, no cable  ethernet" in lines
        assert "far        down          ethernet" in lines
        assert lines[-2].startswith("You may capture.")
        assert lines[-1].startswith("To capture on one: mailtrace live -i ")

    in_own_network(body)


@needs_root
def test_who_may_not_capture_is_told_what_to_do() -> None:
    ordinary = ("/usr/bin/setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups")
    said = listed(*ordinary, path="/nowhere").splitlines()[-2]
    assert said.startswith("You may not capture: ")
    assert "wireshark-common" in said


def test_the_filter_for_ports() -> None:
    pieces = "ip[6:2] & 0x1fff != 0 or ip6 proto 44"
    assert ports_filter([25, 53], 101) == f"port 25 or port 53 or {pieces}"
    plain = f"port 25 or {pieces}"
    assert ports_filter([25], 1) == f"({plain}) or (vlan and ({plain}))"
