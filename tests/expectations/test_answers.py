"""Every kind of expectation with a capture in which it holds, and one, nearly alike, in which it does not.

Packets are counted by hand: a conversation that takes a mail has 19 packets, of which the 14th accepts it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.expectations.answering import answers
from mailtrace.expectations.kinds import KINDS
from mailtrace.expectations.reading import read_expectations
from mailtrace.expectations.words import MOST_PROOFS, Answer
from tests.findings.pairs_journeys import KIM, LEE, ONE, TWO, hop, mail, refused, trace
from tests.findings.scene import analysed
from tests.support import SAMPLES

SENT = hop(LEE, ONE, mail(), "4F1")
"""The client hands the mail to the first server: packets 1 to 19."""

RELAYED = hop(ONE, TWO, mail(trace(LEE, ONE, "4F1")), "5A2")
"""The first server hands it to the second: packets 20 to 38 behind `SENT`."""

COPY = mail(trace(ONE, TWO, "5A2"), trace(LEE, ONE, "4F1"))

LOGIN = f"""
    == {KIM} {TWO}:110
    S: +OK POP3 ready
    C: USER kim
    S: +OK
    C: PASS secret
    S: +OK Logged in.
    C: RETR 1
    S| +OK\\r\\n{COPY}\\r\\n.\\r\\n
"""
"""Behind these: greeting 42, password 45, RETR 47, the mail 48."""

DELETED = f"{LOGIN}\nC: DELE 1\nS: +OK\nC: QUIT\nS: +OK bye\n"
"""DELE is packet 49, QUIT 51."""

LEFT = f"{LOGIN}\nC: QUIT\nS: +OK bye\n"

WAY = SENT + RELAYED + DELETED

SECRET_LOGIN = f"""
    == {KIM} {TWO}:110
    S: +OK POP3 ready <1896.697170952@dbc.mtview.ca.us>
    C: APOP kim c4c9334bac560ecc979e58001b3e22fb
    S: +OK maildrop has 1 message (369 octets)
    C: QUIT
    S: +OK bye
"""

SEALED_RELAY = f"""
    == {ONE} {TWO}:25
    S: 220 {TWO} ESMTP
    C: EHLO {ONE}
    S| 250-{TWO}\\r\\n250 STARTTLS\\r\\n
    C: STARTTLS
    S: 220 go ahead
    C% hello
    S% hello c02f + done
"""
"""Behind `SENT` STARTTLS is packet 26, and TLS begins with packet 28."""

OPEN_RELAY = RELAYED.replace(f"S: 250 {TWO}", f"S| 250-{TWO}\\r\\n250 STARTTLS\\r\\n")

SLOW = SENT.replace("S: 220", ".. 3\nS: 220")

MX_OF_THREE = f"""
    @ {ONE} -> 10.0.0.53 MX naver.com = 10 mail.naver.com.
    @ {ONE} -> 10.0.0.53 MX Daum.net = 10 mail.daum.net.
    @ {ONE} -> 10.0.0.53 MX nate.com = 10 mail.nate.com.
"""
MX_OF_TWO = f"""
    @ {ONE} -> 10.0.0.53 MX naver.com = 10 mail.naver.com.
    @ {ONE} -> 10.0.0.53 MX daum.net = 10 mail.daum.net.
    @ {ONE} -> 10.0.0.53 MX daum.net = 10 mail.daum.net.
    @ {ONE} -> 10.0.0.53 A nate.com = 10.0.0.9
"""
MX_UNANSWERED = f"""
    @ {ONE} -> 10.0.0.53 MX naver.com = 10 mail.naver.com.
    @ {ONE} -> 10.0.0.53 MX daum.net = NXDOMAIN
"""

REFUSED = refused(LEE, ONE, "550 5.1.1 no")
"""The recipient is refused in packet 10."""

THREE_MAILS = "".join(hop(LEE, ONE, mail(number=number), f"4F{number}") for number in (1, 2, 3))

SAME_DOMAIN = hop(LEE, ONE, mail(), "4F1", recipient="hong@naver.com")


class Case(NamedTuple):
    """An expectation, two scenes, the packets of the first one's answer, and what the second one's says instead."""

    expects: str
    holds: str
    packets: tuple[int, ...]
    fails: str
    instead: str


CASES = {
    "MX of three domains": Case('lookups = 3\ntype = "MX"', MX_OF_THREE, (1, 2, 3, 4, 5, 6), MX_OF_TWO, "MX daum.net"),
    "MX of these domains": Case(
        'lookups = 2\ntype = "mx"\nnames = ["naver.com", "nate.com."]', MX_OF_THREE, (1, 2, 5, 6), MX_OF_TWO, "MX naver"
    ),
    "every question answered": Case(
        'lookups = "all"\nanswered = true', MX_OF_TWO, (1, 2, 3, 4, 7, 8), MX_UNANSWERED, "without a record: NXDOMAIN"
    ),
    "asked by a host": Case(
        f'lookups = 1\nclient = "{ONE}"\nserver = "10.0.0.53"\nnames = "nate.com"',
        MX_OF_THREE,
        (5, 6),
        MX_UNANSWERED,
        "MX daum.net",
    ),
    "three mails accepted": Case(
        'mails = 3\noutcome = "accepted"',
        THREE_MAILS,
        (14, 33, 52),
        SENT + REFUSED,
        "refused",
    ),
    "delivered from end to end": Case("mails = 1\nend_to_end = true", WAY, (14, 33, 48), SENT + RELAYED, "not seen in"),
    "seen from its beginning": Case("mails = 1\nend_to_end = true", WAY, (14, 33, 48), RELAYED + LEFT, "not seen how"),
    "fetched": Case('mails = "all"\noutcome = "fetched"', WAY, (14, 33, 48), SENT + RELAYED, "accepted"),
    "what was fetched was delivered": Case(
        'mails = 1\noutcome = "delivered"', WAY, (14, 33, 48), SENT + RELAYED, "accepted"
    ),
    "refused": Case('mails = "exactly 1"\noutcome = "rejected"', REFUSED, (10,), SENT, "accepted"),
    "to another domain": Case('mails = "all"\ndomains = "different"', SENT, (14,), SAME_DOMAIN, "in the same domain"),
    "within the domain": Case('mails = "all"\ndomains = "same"', SAME_DOMAIN, (14,), SENT, "in different domains"),
    "of these people": Case(
        'mails = "exactly 1"\nsender = "LEE@naver.com"\nrecipient = "@daum.net"\nsubject = "hell"',
        SENT,
        (14,),
        SAME_DOMAIN,
        "hong@naver.com",
    ),
    "soon there": Case(
        'mails = "all"\nwithin = 2', SENT + RELAYED, (1, 14, 33), SLOW + RELAYED, "on its way for 3.03 s"
    ),
    "fetched by POP3": Case('mails = 1\nfetched_by = "pop3"', WAY, (14, 33, 48), SENT + RELAYED, "not fetched"),
    "not fetched by IMAP": Case('mails = "none"\nfetched_by = "pop3"', SENT + RELAYED, (), WAY, "fetched by POP3"),
    "fetched by POP3 and deleted": Case(
        'mails = 1\nsubject = "hello"\nfetched_by = "pop3"\ndeleted = true',
        WAY,
        (14, 33, 48, 49, 51),
        SENT + RELAYED + LEFT,
        "left on the server",
    ),
    "left on the server": Case(
        "mails = 1\ndeleted = false", SENT + RELAYED + LEFT, (14, 33, 48), WAY, "deleted from the server"
    ),
    "marked and not deleted": Case(
        "mails = 1\ndeleted = false", SENT + RELAYED + LOGIN + "\nC: DELE 1\nS: +OK\n", (14, 33, 48, 49), WAY, "deleted"
    ),
    "relayed": Case("relays = 1", SENT + RELAYED, (20,), SENT, ""),
    "STARTTLS on every relay": Case(
        'relays = "all"\nstarttls = true',
        SENT + SEALED_RELAY,
        (20, 26, 28),
        SENT + OPEN_RELAY,
        "in clear, though STARTTLS was",
    ),
    "every relay encrypted": Case(
        f'relays = "all"\nencrypted = true\nclient = "{ONE}"',
        SENT + SEALED_RELAY,
        (20, 26, 28),
        SENT + RELAYED,
        "STARTTLS was not offered",
    ),
    "relays in clear": Case(
        'relays = "all"\nencrypted = false', SENT + RELAYED, (20, 26), SENT + SEALED_RELAY, "encrypted by STARTTLS"
    ),
    "greeting within two seconds": Case(
        'greetings = "all"\nprotocol = "smtp"\nwithin = 2', SENT, (3, 4), SLOW, "greeted after 3.00 s = "
    ),
    "greeted by a server": Case(
        f'greetings = 1\nserver = "{TWO}"\nprotocol = "pop3"\nwithin = 0.5', WAY, (41, 42), SENT + RELAYED, f"{ONE}"
    ),
    "no password in clear": Case('passwords_in_clear = "none"', SECRET_LOGIN, (), WAY, "sent the password of kim"),
    "a password in clear": Case('passwords_in_clear = 1\nprotocol = "pop3"', WAY, (43, 45, 46), SECRET_LOGIN, ""),
    "no warning": Case('findings = "none"\nseverity = "warning"', SECRET_LOGIN, (), WAY, "POP001"),
    "none of these": Case('findings = 0\ncodes = ["POP001", "IMAP"]', SECRET_LOGIN, (), WAY, "pop3-password-in-clear"),
    "a finding expected": Case(
        'findings = 1\ncodes = "mails-deleted-from-the-server"', WAY, (49,), SENT + RELAYED + LEFT, "POP008"
    ),
}


def answer(scene: str, expects: str, folder: Path) -> Answer:
    """Return the answer to one expectation of a scene."""
    (found,) = answers(analysed(scene, folder), read_expectations(f"[[expect]]\n{expects}\n", "lab.toml"))
    return found


@pytest.mark.parametrize("name", CASES)
def test_it_holds(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    found = answer(case.holds, case.expects, tmp_path)
    assert found.holds, found
    assert all(proof.fits for proof in found.proofs)
    assert found.packets == case.packets


@pytest.mark.parametrize("name", CASES)
def test_it_does_not_hold_and_tells_what_is_there_instead(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    found = answer(case.fails, case.expects, tmp_path)
    assert not found.holds, found
    told = [" ".join([proof.says, *proof.facts]) for proof in found.proofs]
    assert any(case.instead in each for each in told) if case.instead else told == []
    assert all(proof.packets for proof in found.proofs)


def test_every_kind_and_every_word_has_a_case() -> None:
    asked = {line.split(" ", 1)[0] for case in CASES.values() for line in case.expects.splitlines()}
    known = {word for kind in KINDS.values() for word in (*kind.picks, *kind.demands)}
    assert asked == known | set(KINDS)


def test_nothing_is_not_all(tmp_path: Path) -> None:
    """Who demands something of all relays does not want that there is none."""
    found = answer(SENT, 'relays = "all"\nstarttls = true', tmp_path)
    assert (found.holds, found.found) == (False, "Found: no relay (expected: all).")


def test_who_is_never_seen_taking_mail_is_no_server(tmp_path: Path) -> None:
    found = answer(SEALED_RELAY, 'relays = "all"\nstarttls = true', tmp_path)
    assert (found.holds, found.found) == (False, "Found: no relay (expected: all).")


def test_a_mail_that_nobody_took_has_no_time(tmp_path: Path) -> None:
    found = answer(REFUSED, 'mails = "all"\nwithin = 60', tmp_path)
    assert (found.holds, found.proofs[0].facts) == (False, ("not seen that a server took it",))


def test_how_many_are_told(tmp_path: Path) -> None:
    said = {
        "mails = 4": "Found: 3 mails (expected: at least 4).",
        'mails = "at most 2"': "Found: 3 mails (expected: at most 2).",
        'mails = "exactly 3"\noutcome = "fetched"': "Found: 0 of 3 mails (expected: exactly 3).",
        'mails = "none"\nsender = "@nate.com"': "Found: no mail (expected: none).",
        'mails = 1\nsender = "@nate.com"': "Found: no mail (expected: at least 1). The capture has these instead:",
    }
    assert {expects: answer(THREE_MAILS, expects, tmp_path).found for expects in said} == said


def test_very_many_are_counted(tmp_path: Path) -> None:
    scene = "".join(f"@ {ONE} -> 10.0.0.53 MX d{number}.example = NXDOMAIN\n" for number in range(MOST_PROOFS + 3))
    found = answer(scene, 'lookups = "all"\nanswered = true', tmp_path)
    assert (len(found.proofs), found.more) == (MOST_PROOFS, 3)


def test_names_of_hosts_count(tmp_path: Path) -> None:
    scene = SENT.replace(f"S: 220 {ONE}", "S: 220 mail.naver.com")
    assert answer(scene, 'greetings = "all"\nserver = "Mail.Naver.com"\nwithin = 2', tmp_path).holds


def test_no_password_is_in_an_answer(tmp_path: Path) -> None:
    for expects in ('passwords_in_clear = "none"', 'findings = "none"', 'greetings = "all"\nwithin = 0'):
        assert "secret" not in repr(answer(WAY, expects, tmp_path).proofs)


EVERYTHING = "\n".join(f"[[expect]]\n{case.expects}" for case in CASES.values())


@pytest.mark.parametrize("capture", sorted(SAMPLES.glob("*.pcapng")), ids=lambda path: path.stem)
def test_every_sample_gets_answers_with_packets_of_its_own(capture: Path) -> None:
    analysis = analyze_files(Analyzer([str(capture)]))
    found = answers(analysis, read_expectations(EVERYTHING, "lab.toml"))
    assert len(found) == len(CASES)
    assert all(proof.packets for each in found for proof in each.proofs)
    assert {number for each in found for number in each.packets} <= set(range(1, analysis.capture.packets + 1))
