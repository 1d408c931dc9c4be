"""What does not belong here, or comes for somebody else, is said in plain words."""

from __future__ import annotations

from mailtrace.explain.summary import happened, result
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Endpoint, Proxied, Step, StepKind
from tests.explain.making import CLIENT, SERVER, Talk, analysis, at


def told(talk: Talk) -> tuple[Step, ...]:
    """Return the steps."""
    (walkthrough,) = walkthroughs(analysis(talk.conversation()))
    return walkthrough.steps


def test_another_service() -> None:
    talk = Talk("unknown")
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, CLIENT, 40)
    talk.violation(4, 0.1, CLIENT, "wrong-service", "HTTP on port 25 (SMTP)")
    step = told(talk)[1]
    assert (step.kind, step.says) == (StepKind.TROUBLE, ("HTTP on port 25 (SMTP)",))
    assert step.means == (
        "That is no mail: a scanner that tries all ports, a client that has lost its way, or another service that was "
        "put here."
    )
    assert happened(talk.conversation()) == "HTTP on port 25 (SMTP)"
    assert result(talk.conversation()) == "no mail service"


def test_a_client_that_speaks_something_else_to_a_mail_server() -> None:
    """Its lines are commands that nobody knows, and the empty one is shown as such."""
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    talk.violation(4, 0.1, CLIENT, "wrong-service", "the client speaks HTTP, not SMTP")
    talk.command(4, 0.1, "GET / HTTP/1.1")
    talk.command(4, 0.1, "", new=False)
    talk.reply(5, 0.2, "500", "what?")
    steps = told(talk)
    assert steps[3].says == ("(an empty line)",)
    assert happened(talk.conversation()) == "the client speaks HTTP, not SMTP"


def test_another_protocol_of_mail() -> None:
    talk = Talk("pop3", port=143)
    talk.handshake(1, 0.0)
    talk.reply(4, 0.1, "+OK", "ready")
    talk.violation(4, 0.1, SERVER, "wrong-port", "POP3 on port 143 (IMAP)")
    talk.login("USER", "kim", True, (4,))
    assert happened(talk.conversation()) == "POP3 on port 143 (IMAP): login kim"


def proxied(client: Endpoint | None, **facts: tuple[tuple[str, str], ...]) -> Talk:
    """Return an SMTP conversation that a proxy opens."""
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    talk.data(4, 0.1, CLIENT, 44)
    server = Endpoint("198.51.100.1", 25) if client else None
    header = Proxied(1, client, server, "PROXY TCP4 ...", 4, at(0.1), (4,), **facts)
    talk.dialogue.events.append(header)
    talk.dialogue.proxied = header
    talk.reply(5, 0.2, "220", "mail ESMTP")
    talk.command(6, 0.3, "QUIT")
    return talk


def test_a_proxy_names_the_true_client() -> None:
    talk = proxied(Endpoint("203.0.113.9", 5555), details=(("TLS version", "TLSv1.3"),))
    step = told(talk)[1]
    assert (step.packets, step.says) == ((4,), ("PROXY TCP4 ...", "(TLS version: TLSv1.3)"))
    assert step.means == (
        "A proxy has opened this connection for somebody else, and says so before all else (PROXY protocol, version "
        "1): the true client is 203.0.113.9:5555, which called 198.51.100.1:25."
    )
    assert happened(talk.conversation()) == "no mail: QUIT (by a proxy, for 203.0.113.9)"
    assert "[2001:db8::9]:5555" in told(proxied(Endpoint("2001:db8::9", 5555)))[1].means


def test_a_proxy_that_speaks_for_itself() -> None:
    talk = proxied(None)
    assert "it names no client: it speaks for itself" in told(talk)[1].means
    assert happened(talk.conversation()) == "no mail: QUIT"
