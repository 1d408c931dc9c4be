"""Live capture with dumpcap, of real packets in networks of their own."""

from __future__ import annotations

import json
import os
import shutil
import struct
import time
from pathlib import Path

import pytest

from mailtrace.errors import UnreadableInput, UsageError
from mailtrace.live import opening
from mailtrace.live.dumpcap import find_dumpcap, is_prompt, may_capture, start_dumpcap
from mailtrace.live.interfaces import choose_interfaces
from mailtrace.live.network import DumpcapCapture
from mailtrace.live.privileges import Identity, ordinary_identity
from tests.live.command import Running, open_folder, status
from tests.live.lan import Catch, add_wire, in_own_network, needs_root, run, say, send_frames

DUMPCAP = shutil.which("dumpcap") or ""
needs_dumpcap = pytest.mark.skipif(not DUMPCAP, reason="needs dumpcap")
pytestmark = [needs_root, needs_dumpcap]

ORDINARY = ("setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups")


def capture(names: list[str], expression: str) -> DumpcapCapture:
    wanted = [(each, expression) for each in choose_interfaces(names)]
    return DumpcapCapture(" and ".join(names), start_dumpcap(DUMPCAP, wanted, ordinary_identity()))


def test_b50_the_loopback_gives_each_packet_once_and_none_is_lost_at_the_end() -> None:
    def body() -> None:
        source = capture(["lo"], "udp port 5353")
        catch = Catch(source)
        for number in range(50):
            say(5353, b"%d" % number)
        frames = catch.stop()  # dumpcap has them still: it keeps packets for a quarter of a second
        assert [frame[42:] for frame in frames] == [b"%d" % number for number in range(50)]
        assert source.dropped == 0
        assert source.notes == []
        source.close()

    in_own_network(body)


def test_b51_a_vlan_tag_that_the_kernel_took_off_is_put_back() -> None:
    frame = b"\xff" * 6 + b"\x02\x00\x00\x00\x00\x01" + struct.pack("!HHH", 0x8100, 7, 0x88B5) + bytes(range(60))

    def body() -> None:
        add_wire("near", "far")
        source = capture(["far", "lo"], "")
        catch = Catch(source)
        send_frames("near", frame)
        assert [each for each in catch.stop() if each[6:12] == frame[6:12]] == [frame]
        assert [each.name for each in source.interfaces] == ["far", "lo"]
        source.close()

    in_own_network(body)


def test_b55_an_interface_that_is_gone_ends_the_capture_and_is_told() -> None:
    def body() -> None:
        add_wire("near", "far")
        source = capture(["far"], "")
        catch = Catch(source)
        run("ip", "link", "delete", "far")
        catch.end()
        (note,) = source.notes
        assert note.damage
        assert note.message.startswith("dumpcap says: ")
        assert "far" in note.message
        source.close()

    in_own_network(body)


def test_a_filter_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match=r"is no filter: .*syntax error"):
        capture(["lo"], "port port")


def test_an_ordinary_user_captures_with_a_dumpcap_that_may() -> None:
    """As it is where users of a group may run dumpcap: its file has the right to capture, and nobody else has any."""
    with open_folder() as folder:

        def body() -> None:
            dumpcap = _allowed(folder / "bin" / "dumpcap")
            record = folder / "lo.pcapng"
            environment = {"PATH": f"{dumpcap.parent}:{os.environ['PATH']}"}
            options = ("-i", "lo", "-f", "udp port 5999", "-w", str(record), "--format", "json")
            with Running(*options, before=ORDINARY, environment=environment) as running:
                reader, child = running.processes()
                assert (status(reader)["Uid"].split()[0], status(reader)["CapEff"]) == ("4321", "0" * 16)
                assert status(child)["Name"] == "dumpcap"
                say(5999, b"heard", 3)
                code, out = running.end()
            assert code == 130
            assert json.loads(out)["capture"]["packets"] == 3
            assert record.stat().st_uid == 4321

        in_own_network(body)


def test_whether_a_dumpcap_may_capture_is_found_out(tmp_path: Path) -> None:
    (loopback,) = choose_interfaces(["lo"])
    assert may_capture(DUMPCAP, loopback)
    assert not may_capture(str(tmp_path / "none"), loopback)


def test_a_dumpcap_that_the_caller_may_not_run_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as folder:
        path = folder / "dumpcap"
        path.write_text("#!/bin/sh\n")
        monkeypatch.setenv("PATH", str(folder))
        caller = Identity(4321, 4322, is_caller=True)
        for mode, owner, group, found in (
            (0o755, 0, 0, True),
            (0o750, 0, 0, False),
            (0o750, 0, 4322, True),
            (0o740, 0, 4322, False),
            (0o700, 4321, 0, True),
            (0o700, 0, 0, False),
        ):
            os.chown(path, owner, group)
            path.chmod(mode)
            assert (find_dumpcap(caller) == str(path)) is found


def test_dumpcap_is_preferred_where_it_keeps_no_packets_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_folder() as folder:
        path = folder / "dumpcap"
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        for option, chosen in (("--update-interval <interval>", str(path)), ("--nothing", None)):
            path.write_text(f"#!/bin/sh\necho '  {option}  in milliseconds'\n")
            path.chmod(0o755)
            assert is_prompt(str(path)) is (chosen is not None)
            assert opening._dumpcap("auto", ordinary_identity()) == chosen
            assert opening._dumpcap("dumpcap", ordinary_identity()) == str(path)
            assert opening._dumpcap("scapy", ordinary_identity()) is None
        monkeypatch.setenv("PATH", "/nowhere")
        assert opening._dumpcap("auto", ordinary_identity()) is None
        with pytest.raises(UnreadableInput, match="no dumpcap that your user may run"):
            opening._dumpcap("dumpcap", ordinary_identity())


def test_a_program_that_is_no_dumpcap_is_told() -> None:
    with open_folder() as folder:
        path = folder / "dumpcap"
        path.write_text("#!/bin/sh\necho 'sorry, not today' >&2\nexit 1\n")
        path.chmod(0o755)
        wanted = [(each, "") for each in choose_interfaces(["lo"])]
        with pytest.raises(UnreadableInput, match="dumpcap does not capture: sorry, not today"):
            start_dumpcap(str(path), wanted, ordinary_identity())


def test_packets_are_told_soon_enough() -> None:
    """dumpcap keeps them for a quarter of a second at most; what is ours comes on top of that.

    A busy machine may delay one packet, but not each of five.
    """

    def body() -> None:
        catch = Catch(capture(["lo"], "udp port 5353"))
        delays = []
        for number in range(1, 6):
            began = time.monotonic()
            say(5353, b"now")
            catch.wait_for(number)
            delays.append(time.monotonic() - began)
        assert min(delays) < 0.6
        catch.stop()

    in_own_network(body)


def _allowed(path: Path) -> Path:
    """Return a copy of dumpcap whose file has the capabilities to capture. Source: capabilities(7)."""
    path.parent.mkdir()
    shutil.copy(DUMPCAP, path)
    path.chmod(0o755)
    rights = 1 << 12 | 1 << 13
    os.setxattr(path, "security.capability", struct.pack("<IIIII", 0x02000001, rights, rights, 0, 0))
    return path
