"""`mailtrace report --table`: single tables in every format, and the tables of the reports that users handed in."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.forking import forked
from tests.support import ROOT, SAMPLES

A, B = str(SAMPLES / "01-report-2008.pcapng"), str(SAMPLES / "02-report-2024.pcapng")
DATA = ROOT / "tests" / "data"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def report(*arguments: str, folder: Path = ROOT) -> CompletedProcess[str]:
    """Run `mailtrace report`."""
    done = forked("report", "--lang", "en", *arguments, environment={}, folder=folder)
    return CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def rows(*arguments: str) -> list[dict[str, object]]:
    """Return a table as objects."""
    done = report("--format", "json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


RECIPES = re.findall(r"^mailtrace report (--table packets --packets .*?) +# (2008|2024)", README, re.MULTILINE)
SHOWN_BY_REPORT = {
    "1-24": 24,
    "65-102": 38,
    "109-135": 27,
    "171-201": 31,
    "277-330": 37,
    "331-354": 24,
    "428-455": 28,
}
"""By recipe, how many rows of a report it gives."""


@pytest.mark.parametrize(("recipe", "year"), RECIPES, ids=[words.split()[3] for words, _ in RECIPES])
def test_each_recipe_gives_a_table_of_a_report(recipe: str, year: str) -> None:
    """Numbers, times, hosts and Info up to where the report cuts it; what mailtrace says better stays out of it."""
    table = (DATA / f"report-{year}.tsv").read_text(encoding="utf-8").splitlines()
    lines = [line.split("\t") for line in table if not line.startswith("#")]
    found = {row["no"]: row for row in rows(*shlex.split(recipe))}
    if "109-135" in recipe:  # the report shows these without their numbers
        unnumbered = [line for line in lines if line[0] == "-"]
        lines = [[str(number), "-", *line[2:]] for number, line in enumerate(unnumbered, 109)]
    wanted = [line for line in lines if line[0].isdigit() and int(line[0]) in found]
    assert len(wanted) == SHOWN_BY_REPORT[recipe.split()[3]]
    for number, time, source, destination, info in wanted:
        row = found[int(number)]
        assert (row["source"], row["destination"]) == (source, destination)
        assert time in ("-", f"{row['time']:.6f}")
        if row["protocol"] in ("TCP", "DNS"):
            assert str(row["info"]).removeprefix("[TCP Retransmission] ").startswith(info.rstrip("…"))


def test_there_is_a_recipe_for_each_table_of_the_reports() -> None:
    assert [words.split()[3] for words, _ in RECIPES] == list(SHOWN_BY_REPORT)


def test_packets_on_a_terminal() -> None:
    done = report("--table", "packets", "--packets", "4-6", A)
    assert (done.returncode, done.stderr) == (0, "")
    head, rule, *lines = done.stdout.splitlines()
    assert head.split() == ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"]
    assert set(rule) == {"─"}
    assert lines == [
        "  4  0.025137  192.168.10.2  192.168.1.2  TCP           74  "
        "32807 → 113 [SYN] Seq=0 Win=5840 Len=0 MSS=1460 TSval=1063597 TSecr=0 WS=1",
        "  5  3.015414  192.168.10.2  192.168.1.2  TCP           74  "
        "[TCP Retransmission] 32807 → 113 [SYN] Seq=0 Win=5840 Len=0 MSS=1460 TSval=1063897 TSecr=0 WS=1",
        "  6  5.019184  192.168.10.2  192.168.1.2  SMTP         143  "
        "S: 220 localhost.localdomain ESMTP Sendmail 8.11.2/8.11.2; Sun, 16 Nov 2008 08:52:05 +0900",
    ]


def test_columns_in_any_order() -> None:
    done = report("--table", "packets", "--packets", "4-5", "--columns", "after, no,conversation", "-f", "csv", A)
    assert done.stdout == '"After","No.","Conversation"\r\n,4,2\r\n2.990277000,5,2\r\n'


def test_a_column_that_is_not_there_lists_those_that_are() -> None:
    done = report("--table", "packets", "--columns", "no,tiem", A)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "mailtrace: the table of packets has the columns no, time, source, destination, protocol, length, info, after, "
        "date, conversation, and no 'tiem'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--columns", "no"), "--columns are those of one table: say with --table of which"),
        (("-f", "json"), "json is for single tables: say with --table which, or use mailtrace analyze"),
        (("-f", "csv"), "CSV has one table a file: choose one with --table, or name the files with -o report.csv"),
        (("--table", "packets", "--packets", "25"), "there is no packet 25; the capture has 24"),
        (("--table", "turns", "--conversation", "9"), "there is no conversation 9; the capture has 2"),
        (
            ("--table", "packets", "--columns", ","),
            "the table of packets has the columns no, time, source, destination,",
        ),
    ],
)
def test_what_contradicts_itself_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = report(*arguments, A)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"mailtrace: {message}")
    assert done.stderr.count("\n") == 1


def test_turns_are_commands_with_their_answers() -> None:
    found = rows("--table", "turns", "--conversation", "10", B)
    assert [row["command"] for row in found] == [
        None,
        "EHLO client",
        "MAIL FROM:<lee@naver.com>",
        "RCPT TO:<kim@daum.net>",
        "DATA",
        "QUIT",
    ]
    assert [row["status"] for row in found] == ["220", "250", "250", "250", "250", "221"]
    data = found[4]
    assert data["packets"] == [86, 87, 94]
    assert data["reply"] == (
        '354 Enter mail, end with "." on a line by itself ⏎ 250 2.0.0 43Q1vx0G007503 Message accepted for delivery'
    )
    assert data["duration"] == 0.056784
    assert found[0]["duration"] == 1.005817  # 33.929838 - 32.924021


def test_passwords_are_masked_unless_asked_for() -> None:
    masked = rows("--table", "turns", "--conversation", "20", "--columns", "command", B)
    shown = rows("--table", "turns", "--conversation", "20", "--columns", "command", "--show-secrets", B)
    assert {"command": "PASS ********"} in masked
    assert {"command": "PASS kim"} in shown


def test_waits_tile_the_conversation() -> None:
    found = rows("--table", "waits", "--conversation", "24", B)
    assert {row["conversation"] for row in found} == {24}
    (ident,) = [row for row in found if row["what"] == "ident, nobody answered"]
    assert (ident["duration"], ident["packets"]) == (5.0, [284, 286, 288])
    together = sum(float(str(row["duration"])) for row in found)
    assert round(together, 6) == 6.020865  # from packet 277 to 330: 91.552235 - 85.531370


def test_lookups_of_a_journey() -> None:
    found = rows("--table", "lookups", "--journey", "1", "--columns", "client,type,name,answer", B)
    assert {"client": "serverB", "type": "AAAA", "name": "naver.com", "answer": "no such record (NODATA)"} in found
    assert {row["type"] for row in found} >= {"PTR", "AAAA"}


def test_messages_conversations_journeys_findings() -> None:
    messages = rows("--table", "messages", "--columns", "no,direction,from,subject,octets", B)
    assert messages[0] == {
        "no": 1,
        "direction": "handed in",
        "from": "이네이버 <lee@naver.com>",
        "subject": "test",
        "octets": 415,
    }
    conversations = rows("--table", "conversations", "--columns", "no,protocol,result,client_address,filter", B)
    assert conversations[0] == {
        "no": [10],
        "protocol": "SMTP",
        "result": "accepted as 43Q1vx0G007503",
        "client_address": "192.168.111.130:41428",
        "filter": "tcp.stream eq 0",
    }
    journeys = rows("--table", "journeys", "--columns", "sender,recipients,outcome,conversations", B)
    assert journeys[0] == {
        "sender": "lee@naver.com",
        "recipients": "kim@daum.net",
        "outcome": "fetched",
        "conversations": [10, 13, 20],
    }
    findings = rows("--table", "findings", "--columns", "severity,code,packets", B)
    assert findings[0] == {"severity": "warning", "code": "POP001", "packets": [178, 181, 183]}


def test_hosts_of_the_report() -> None:
    """Its own first table: names, addresses, MAC addresses, roles; of Kim's MAC address it shows a part."""
    found = {str(row["name"]).partition(",")[0]: row for row in rows("--table", "hosts", B)}
    assert {name: (row["address"], row["mac"]) for name, row in found.items()} == {
        "serverA": ("192.168.111.100", "00:0c:29:b5:3a:45"),
        "serverB": ("192.168.111.200", "00:0c:29:20:31:79"),
        "UbunClient(Lee)": ("192.168.111.130", "00:0c:29:c3:bc:f4"),
        "WinClient(Kim)": ("192.168.111.133", "00:0c:29:37:e2:10"),
    }
    assert "answers lookups (name server)" in str(found["serverA"]["roles"])


def test_csv_of_everything_is_a_file_for_each_table(tmp_path: Path) -> None:
    done = report("-o", str(tmp_path / "lab.csv"), A)
    assert (done.returncode, done.stderr) == (0, "")
    names = ("conversations", "findings", "hosts", "journeys", "lookups", "messages", "packets", "turns", "waits")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"lab-{name}.csv" for name in names]
    assert "lab-packets.csv" in done.stdout
    text = (tmp_path / "lab-packets.csv").read_bytes().decode("utf-8")
    assert text.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(text[1:], newline="")))
    assert table[0] == ["No.", "Time", "Source", "Destination", "Protocol", "Length", "Info"]
    assert table[6][:6] == ["6", "5.019184000", "192.168.10.2", "192.168.1.2", "SMTP", "143"]
    assert len(table) == 25


def test_runs_of_packets_are_no_dates_in_a_spreadsheet() -> None:
    done = report("--table", "turns", "--columns", "packets", "-f", "csv", A)
    assert done.stdout.splitlines()[1:4] == ['"6"', '"7, 9"', '"10–11"']


def test_a_table_to_paste_is_the_table_alone() -> None:
    done = report("--table", "packets", "--packets", "14", "-f", "md", A)
    assert done.stdout == (
        "| No. | Time | Source | Destination | Protocol | Length | Info |\n"
        "|---:|---:|---|---|---|---:|---|\n"
        "| 14 | 5.030977 | 192.168.1.2 | 192.168.10.2 | SMTP | 60 | `C: DATA` |\n"
    )


def test_a_table_as_a_page(tmp_path: Path) -> None:
    path = tmp_path / "packets.html"
    done = report("--table", "packets", "--packets", "14", "-o", str(path), A)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    page = path.read_text(encoding="utf-8")
    assert "<h1>Packets: 01-report-2008.pcapng</h1>" in page
    assert "C: DATA" in page


def test_columns_keep_their_names_in_every_language() -> None:
    korean = report("--lang", "ko", "--table", "packets", "--packets", "14", "--columns", "no,time", "-f", "csv", A)
    assert korean.returncode == 0
    assert korean.stdout.splitlines()[1:] == ["14,5.030977000"]
    spoken = rows("--lang", "ko", "--table", "packets", "--packets", "14", "--columns", "no,time", A)
    assert spoken == [{"no": 14, "time": 5.030977}]
