"""Why a server refused, told from what real servers write; a mailbox that is called spam is no spam."""

from __future__ import annotations

import pytest

from mailtrace.findings.facts import answered
from mailtrace.findings.refusals import Reason, reason
from mailtrace.model import Outcome, Reply
from mailtrace.protocols.smtp.grammar import parse_enhanced

SAID = {
    "550 5.1.1 <kim@daum.net>... User unknown": Reason.UNKNOWN_USER,
    "550 5.1.1 <kim@daum.net>: Recipient address rejected: User unknown in local recipient table": Reason.UNKNOWN_USER,
    "550 Unknown user": Reason.UNKNOWN_USER,
    "550-5.1.1 The email account that you tried to reach does not exist.": Reason.UNKNOWN_USER,
    "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)": Reason.UNKNOWN_USER,
    "550 5.1.1 <spam@daum.net> User doesn't exist: spam@daum.net": Reason.UNKNOWN_USER,
    "550 5.1.6 recipient no longer on server": Reason.UNKNOWN_USER,
    "550 5.7.1 <kim@daum.net>... Relaying denied. Proper authentication required.": Reason.RELAY,
    "554 5.7.1 <kim@daum.net>: Relay access denied": Reason.RELAY,
    "550 relay not permitted": Reason.RELAY,
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain": Reason.RELAY,
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)": Reason.RELAY,
    "552 5.2.2 <kim@daum.net>: Quota exceeded (mailbox for user is full)": Reason.FULL,
    "452 4.2.2 The email account that you tried to reach is over quota.": Reason.FULL,
    "450 4.2.0 <kim@daum.net>: Recipient address rejected: Greylisted, see http://postgrey.example/": Reason.GREYLISTED,
    "451 4.7.1 Greylisting in action, please come back in 00:05:00": Reason.GREYLISTED,
    "421 4.3.2 Connection rate limit exceeded.": Reason.RATE,
    "421 4.7.0 Our system has detected an unusual rate of unsolicited mail": Reason.RATE,
    "421 4.7.0 Messages from 192.0.2.1 temporarily deferred due to unexpected volume": Reason.RATE,
    "450 4.7.1 Error: too much mail from 192.0.2.1": Reason.RATE,
    "552 5.3.4 Message size exceeds fixed limit": Reason.SIZE,
    "552 5.2.3 Message exceeds maximum fixed size (1000000)": Reason.SIZE,
    "552 message file too big": Reason.SIZE,
    "550 5.7.1 Our system has detected that this message is likely unsolicited mail.": Reason.SPAM,
    "552 5.7.0 This message was blocked because its content presents a potential security issue.": Reason.SPAM,
    "550 5.7.1 Message content rejected, id=07": Reason.SPAM,
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org": Reason.BLOCKLIST,
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]": Reason.BLOCKLIST,
    "550 5.7.23 SPF validation failed": Reason.AUTHENTICATION,
    "550 5.7.26 Unauthenticated email from daum.net is not accepted": Reason.AUTHENTICATION,
    "450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]": Reason.REVERSE_NAME,
    "550 5.7.1 Fix reverse DNS for 192.0.2.1": Reason.REVERSE_NAME,
    "553 5.7.1 <lee@naver.com>: Sender address rejected: not logged in": Reason.LOGIN_NEEDED,
    "530 5.7.57 Client not allowed": Reason.LOGIN_NEEDED,
    "530 5.7.0 Must issue a STARTTLS command first": Reason.TLS_NEEDED,
    "553 5.1.8 <lee@x.example>... Domain of sender address lee@x.example does not exist": Reason.SENDER_DOMAIN,
    "450 4.1.8 <lee@nowhere.example>: Sender address rejected: Domain not found": Reason.SENDER_DOMAIN,
    "452 4.5.3 Error: too many recipients": Reason.MANY_RECIPIENTS,
    "452 4.3.1 Insufficient system storage": Reason.TROUBLE,
    "451 4.3.0 Temporary lookup failure": Reason.TROUBLE,
    "421 4.4.2 mx.example.org Error: timeout exceeded": Reason.TIMEOUT,
    "550 5.2.1 The mailbox is disabled": Reason.DISABLED,
    "554 5.5.1 Error: no valid recipients": Reason.PROTOCOL,
    "550 5.7.1 <kim@daum.net>: Recipient address rejected: Access denied": Reason.OTHER,
    "550 5.7.1 See http://example.org/spam.html": Reason.OTHER,
    "550 5.7.1 antispam.example.org does not like you.": Reason.OTHER,
    "550 5.7.1 This is spam.": Reason.SPAM,
    "550 Requested action not taken: mailbox unavailable": Reason.OTHER,
    "450 4.7.1 <kim@daum.net>: Recipient address rejected: try again later": Reason.OTHER,
}


@pytest.mark.parametrize("line", SAID)
def test_the_reason_of_a_refusal(line: str) -> None:
    text = line[4:].encode()
    outcome = Outcome.LATER if line[0] == "4" else Outcome.NO
    assert reason(Reply(line[:3], outcome, (text,), 1, 0, (1,), parse_enhanced(text))) is SAID[line]


def test_a_refusal_of_several_lines_says_its_enhanced_code_once() -> None:
    """Without such a code nothing is left out, whatever a line begins with."""
    lines = (b"5.7.1 you are in a list at", b"5.7.1 bl.example")
    coded = Reply("550", Outcome.NO, lines, 1, 0, (1,), "5.7.1")
    assert answered(coded) == "550 5.7.1 you are in a list at bl.example"
    plain = Reply("550", Outcome.NO, (b"Refused:", b"None of this"), 1, 0, (1,))
    assert answered(plain) == "550 Refused: None of this"
