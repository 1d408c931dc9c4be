"""Who reads what came over the wire has no privileges: the kernel is asked about the processes of a live capture."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mailtrace.live.privileges import Identity, ordinary_identity
from tests.live.command import NOBODY, Running, open_folder, refused, status
from tests.live.lan import needs_root
from tests.support import ROOT

NONE = "0000000000000000"
SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
needs_dumpcap = pytest.mark.skipif(shutil.which("dumpcap") is None, reason="needs dumpcap")


def assert_powerless(process: int, user: int, group: int) -> None:
    told = status(process)
    assert {told[name] for name in SETS} == {NONE}
    assert told["NoNewPrivs"] == "1"
    assert told["Uid"].split() == [str(user)] * 4
    assert told["Gid"].split() == [str(group)] * 4
    assert told["Groups"] == ""
    assert told["Umask"] == "0077"
    # The kernel gives the files of a process that is not dumpable to root.
    assert Path(f"/proc/{process}/mem").stat().st_uid == 0
    limits = Path(f"/proc/{process}/limits").read_text().splitlines()
    assert next(line.split()[4:6] for line in limits if line.startswith("Max core file size")) == ["0", "0"]


@needs_root
def test_b47_started_as_root_everybody_who_sees_packets_is_nobody() -> None:
    with Running("-i", "lo", "--via", "scapy", afresh=True) as running:
        processes = running.processes()
        assert len(processes) == 2  # the one that understands, and the one that copies; the broker is gone
        for process in processes:
            assert_powerless(process, NOBODY, NOBODY)
        assert running.end()[0] == 130


@needs_root
def test_b47_started_by_sudo_it_is_the_caller() -> None:
    with open_folder() as folder:
        record = folder / "lo.pcapng"
        caller = {"SUDO_UID": "4321", "SUDO_GID": "4322"}
        with Running("-i", "lo", "--via", "scapy", "-w", str(record), afresh=True, environment=caller) as running:
            for process in running.processes():
                assert_powerless(process, 4321, 4322)
            facts = record.stat()
            assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o777) == (4321, 4322, 0o600)
            assert running.end()[0] == 130


@needs_root
def test_who_called_sudo_cannot_have_the_files_of_others_written_over() -> None:
    with open_folder() as folder:
        record = folder / "of-root.pcapng"
        record.write_bytes(b"\x0a\x0d\x0d\x0a the rest")
        record.chmod(0o600)
        code, said = refused("-i", "lo", "-w", str(record), environment={"SUDO_UID": "4321", "SUDO_GID": "4322"})
        assert (code, said.count("\n")) == (3, 1)
        assert "of-root.pcapng' cannot be written: Permission denied" in said
        assert record.read_bytes() == b"\x0a\x0d\x0d\x0a the rest"


@needs_root
@needs_dumpcap
def test_b47_dumpcap_has_the_rights_to_capture_at_most_and_is_not_root() -> None:
    with Running("-i", "lo", "--via", "dumpcap", afresh=True) as running:
        reader, dumpcap = running.processes()
        assert_powerless(reader, NOBODY, NOBODY)
        told = status(dumpcap)
        assert told["Name"] == "dumpcap"
        assert told["Uid"].split() == [str(NOBODY)] * 4
        may_capture = 1 << 12 | 1 << 13
        assert int(told["CapEff"], 16) | may_capture == may_capture
        assert running.end()[0] == 130


@needs_root
@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ("become = lambda identity: None", "user 0 0 0 0"),
        ("_set_capabilities = lambda wanted: None; privileges.become = lambda i: None", "CapEff"),
        ("_process_control = lambda *arguments: None", "programs may give new ones"),
    ],
)
def test_b47_when_the_drop_fails_nothing_is_read(spoiled: str, told: str) -> None:
    program = (
        "from mailtrace.live import privileges\n"
        f"privileges.{spoiled}\n"
        "try:\n    privileges.drop(privileges.ordinary_identity())\n"
        "except privileges.PrivilegeError as error:\n    print(error.exit_code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3 privileges are left after giving them up")
    assert told in done.stdout.replace("\t", " ")
    assert done.stdout.rstrip().endswith("nothing is captured")


@needs_root
def test_b48_after_the_drop_nothing_can_be_had_again() -> None:
    program = (
        "import os, socket\n"
        "from mailtrace.live import privileges\n"
        "privileges.drop(privileges.ordinary_identity())\n"
        "def refused(work):\n"
        "    try: work()\n"
        "    except OSError: return True\n"
        "    return False\n"
        "print(refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)),\n"
        "      refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)),\n"
        "      refused(lambda: open('/etc/shadow')),\n"
        "      refused(lambda: os.setuid(0)), refused(lambda: os.setgroups([0])),\n"
        "      privileges.may_open_sockets())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 5 + ["False"]


@needs_root
@pytest.mark.parametrize("via", ["auto", "scapy"])
def test_b46_an_ordinary_user_without_dumpcap_is_told_what_to_do(via: str) -> None:
    ordinary = ("setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups")
    setpriv = shutil.which("setpriv")
    assert setpriv is not None, "setpriv is part of util-linux"
    before = (setpriv, *ordinary[1:])
    code, said = refused("-i", "lo", "--via", via, before=before, environment={"PATH": "/nowhere"})
    assert (code, said.count("\n")) == (3, 1)
    assert said.startswith("mailtrace: no permission to capture on lo: ")
    assert "dumpcap" in said
    assert "sudo" in said
    assert "mailtrace analyze" in said
    assert "setcap" not in said
    assert "python" not in said.lower()


@needs_root
@needs_dumpcap
def test_b46_a_dumpcap_that_may_not_capture_is_no_help() -> None:
    ordinary = ("setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups")
    code, said = refused("-i", "lo", before=ordinary)
    assert (code, said.count("\n")) == (3, 1)
    assert said.startswith("mailtrace: no permission to capture on lo: ")


@needs_root
def test_b62_root_without_the_right_to_capture_is_told_the_same() -> None:
    """As in a container that is given no CAP_NET_RAW."""
    before = ("setpriv", "--bounding-set", "-net_raw")
    code, said = refused("-i", "lo", "--via", "scapy", before=before)
    assert (code, said.count("\n")) == (3, 1)
    assert said.startswith("mailtrace: no permission to capture on lo: ")


@needs_root
def test_b59_a_small_buffer_is_told() -> None:
    """Without CAP_NET_ADMIN the kernel gives no more than everybody gets."""
    before = ("setpriv", "--bounding-set", "-net_admin")
    with Running("-i", "lo", "--via", "scapy", "--format", "json", before=before) as running:
        code, out = running.end()
    assert code == 130
    most = int(Path("/proc/sys/net/core/rmem_max").read_text())
    (note,) = json.loads(out)["capture"]["notes"]
    assert note["code"] == "small-buffer"
    assert f"gives {most // 1024:,} KB" in note["message"]


def test_who_started_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "1000")
    monkeypatch.setenv("SUDO_GID", "1001")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert ordinary_identity() == Identity(1000, 1001, is_caller=True)
    for nonsense in ("0", "-1", "root", "", "99999999999", "²"):
        monkeypatch.setenv("SUDO_UID", nonsense)
        assert ordinary_identity() == Identity(NOBODY, NOBODY, is_caller=False)
    monkeypatch.setattr(os, "geteuid", lambda: 77)
    monkeypatch.setattr(os, "getegid", lambda: 78)
    assert ordinary_identity() == Identity(77, 78, is_caller=True)
