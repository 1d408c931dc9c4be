"""Further scenes that look like a fault and are none: each was, or could have been, a false alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.findings.pairs_dns import call, talk
from tests.findings.pairs_imap import GREETING
from tests.findings.pairs_imap import LOGIN as IMAP_LOGIN
from tests.findings.pairs_journeys import FIRST, LEE, ONE, SECOND, bounce, hop, passed, refused, trace
from tests.findings.pairs_journeys import mail as message
from tests.findings.pairs_mail import FILE, mail
from tests.findings.pairs_policies import text
from tests.findings.pairs_pop3 import BYE, GOOD_MAIL, LOGIN, MAIL, REFUSED
from tests.findings.pairs_smtp_endings import SIZED
from tests.findings.smtp_scenes import ENDS, begun
from tests.findings.test_pairs import found

ASKED = "@ 10.0.0.2 -> 10.0.0.53 "

BOTH_NAMES = (
    "Content-Type: application/octet-stream\\r\\n"
    "Content-Disposition: attachment; filename=\"report.pdf\"; filename*=UTF-8''%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf"
)

ALIKE = {
    "a USER that is refused never tells a password": (
        "POP001",
        "== 10.0.0.1 10.0.0.2:110\nS: +OK ready\nC: USER nobody\nS: -ERR no such user" + BYE,
    ),
    "an offer that comes only after the login cannot be taken up": (
        "POP003",
        LOGIN + "C: CAPA\nS| +OK\\r\\nSTLS\\r\\n.\\r\\n" + BYE,
    ),
    "four wrong passwords are a forgotten one": ("POP005", REFUSED * 4),
    "a mail of which nothing was captured has no size to be sure of": (
        "SMTP071",
        begun(SIZED) + "C? " + "y" * 150 + "\nC? .\nS: 250 2.0.0 Ok: queued as 4F1\n" + ENDS,
    ),
    "a mail that names a size in its text announces none": (
        "POP006",
        LOGIN + "C: RETR 1\n" + MAIL.replace("30 octets", "message follows") + BYE,
    ),
    "the size of another mail is not that of this one": (
        "POP007",
        LOGIN + f"C: LIST\nS| +OK 1 messages:\\r\\n2 40\\r\\n.\\r\\n\nC: RETR 1\n{GOOD_MAIL}" + BYE,
    ),
    "headers alone have another size than the mail": (
        "POP007",
        LOGIN + f"C: LIST\nS| +OK 1 messages:\\r\\n1 40\\r\\n.\\r\\n\nC: TOP 1 0\n{GOOD_MAIL}" + BYE,
    ),
    "looking at headers leaves nothing behind": ("POP008", LOGIN + f"C: TOP 1 0\n{GOOD_MAIL}" + BYE),
    "who asks for a second goodbye is polite": ("POP014", LOGIN + BYE + "C: QUIT\nS: -ERR already said"),
    "LOGINDISABLED behind the login forbids nothing": (
        "IMAP007",
        IMAP_LOGIN + "C: a2 CAPABILITY\nS| * CAPABILITY IMAP4rev1 LOGINDISABLED\\r\\na2 OK done\\r\\n",
    ),
    "a folder that is there already does no harm": (
        "IMAP010",
        IMAP_LOGIN + "C: a2 CREATE Sent\nS: a2 NO [ALREADYEXISTS] there is one",
    ),
    "an offer within a mail is none": (
        "IMAP003",
        GREETING + "C: a1 LOGIN kim secret\nS: a1 OK logged in, say STARTTLS next time",
    ),
    "a search domain behind a mail domain is no mail domain": (
        "DNS001",
        f"{ASKED}MX daum.net =\n{ASKED}MX daum.net.naver.com = NXDOMAIN",
    ),
    "blocklists say no by NXDOMAIN": ("DNS001", talk("A 1.0.0.10.zen.spamhaus.org = NXDOMAIN")),
    "a question at the end of the capture may yet be answered": ("DNS004", talk("A naver.com = ?")),
    "another client's answer is not this one's": (
        "DNS005",
        f"{ASKED}MX naver.com = ?\n.. 5\n@ 10.0.0.7 -> 10.0.0.53 MX naver.com = 10 mx.naver.com.",
    ),
    "IPv6 that is missing is no missing address": (
        "DNS014",
        f"{ASKED}MX naver.com = 10 mx.naver.com.\n{ASKED}AAAA mx.naver.com =",
    ),
    "failures of the DNS tell nothing of a host": (
        "DNS014",
        f"{ASKED}MX naver.com = 10 mx.naver.com.\n{ASKED}A mx.naver.com = SERVFAIL",
    ),
    "a host that looks for its own name is no server that looks for its client's": (
        "DNS016",
        call("8.8.4.4").replace("S: 220", "@ 8.8.4.4 -> 10.0.0.53 PTR 4.4.8.8.in-addr.arpa = NXDOMAIN\nS: 220"),
    ),
    "a name that was not looked up may lead back": (
        "DNS018",
        call("8.8.4.4", "PTR 4.4.8.8.in-addr.arpa = dns.example."),
    ),
    "a list of good senders is no blocklist": ("DNS019", call("8.8.4.4", "A 4.4.8.8.list.dnswl.org = 127.0.5.1")),
    "a record in two strings is one record": ("DNS022", text("naver.com", 'v=spf1 ip4:192.0.2.1" " -all')),
    "an include that nobody asked for may be there": ("DNS027", text("naver.com", "v=spf1 include:other.example -all")),
    "TXT records of others are no policies": ("DNS032", text("_dmarc.naver.com", "verification=1")),
    "a name in ASCII and in full is one name": ("MAIL029", mail(BOTH_NAMES)),
    "a long name with dots ends only once": ("MAIL025", mail(FILE.format(name="v1.2.final.pdf"))),
    "Hangul beside Latin letters deceives nobody": ("MAIL010", mail(From="Lee <lee@xn--naver-w50y.com>")),
    "an author who is called by the own address": ("MAIL009", mail(From='"lee@naver.com" <lee@naver.com>')),
    "a list writes addresses into names": ("MAIL009", mail("List-Id: <l.x>", From='"a@b.example" <l@naver.com>')),
    "mail that waited in a queue is old": ("MAIL008", mail(Date="Tue, 7 Nov 2023 22:13:00 +0000")),
    "where servers say the same the capture's clock is wrong": (
        "MAIL008",
        mail(Date="Thu, 14 Nov 2024 22:13:00 +0000", Received="from a by b; Thu, 14 Nov 2024 22:13:05 +0000"),
    ),
    "SPF says nothing of a user who has logged in": (
        "MAIL041",
        text("naver.com", "v=spf1 -all") + mail().replace("C: MAIL", "C: AUTH PLAIN AGxlZQBsZWU=\nS: 235 ok\nC: MAIL"),
    ),
    "a refusal by the only server comes back from nobody": ("JRN002", refused(LEE, ONE, "550 5.1.1 User unknown")),
    "a report of success is no bounce": ("JRN002", FIRST + SECOND + bounce("delivered", "2.0.0", "250 ok")),
    "what goes another way may be passed on unseen": ("JRN004", passed(1) + ".. 400" + passed(2)),
    "filters hand a mail back to the same host": (
        "JRN007",
        hop("10.0.0.2", "10.0.0.2", message(), "22ADAK01") + hop("10.0.0.2", "10.0.0.2", message(), "22ADAK02"),
    ),
    "a server that adds its trace changes nothing": ("JRN009", FIRST + SECOND),
    "a trace of TLS further down is about another hop": (
        "JRN012",
        hop(
            ONE, "10.0.0.3", message(trace(LEE, ONE, "X"), trace("a", "b", "Y").replace("ESMTP", "ESMTPS")), "22ADAK02"
        ),
    ),
}


@pytest.mark.parametrize("why", ALIKE)
def test_no_false_alarm(why: str, tmp_path: Path) -> None:
    code, scene = ALIKE[why]
    assert found(code, scene, tmp_path) == []


def test_a_set_of_removed_mails_is_counted(tmp_path: Path) -> None:
    scene = IMAP_LOGIN + "C: a2 UID EXPUNGE 1:99\nS| * VANISHED 41,43:50,7\\r\\na2 OK done\\r\\n"
    (finding,) = found("IMAP012", scene, tmp_path)
    assert finding.message == "10.0.0.1 removed mail from 10.0.0.2 for good (mails: 10)"
