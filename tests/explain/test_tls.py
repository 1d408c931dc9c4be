"""TLS is told as its handshake, and then as what is inside, or as what can be known without."""

from __future__ import annotations

from mailtrace.explain.summary import happened, result
from mailtrace.explain.walkthrough import walkthroughs
from mailtrace.model import Certificate, Encryption, Side, Step, StepKind, TlsAlert, TlsFacts, TlsMessage
from tests.explain.making import CLIENT, SERVER, Talk, analysis, at

CERTIFICATE = Certificate(
    subject="CN=mail.naver.com,O=Mail Lab,C=KR",
    issuer="CN=Mail Lab Root CA,O=Mail Lab,C=KR",
    names=("mail.naver.com", "naver.com"),
    serial="69",
    not_before="2024-01-01T00:00:00Z",
    not_after="2025-01-01T00:00:00Z",
    key="RSA 2048",
    sha256="22" * 32,
)
"""Valid when the made conversations happen, in April 2024."""


def messages(*named: tuple[Side, int, str]) -> list[TlsMessage]:
    """Return handshake messages: who, in which packet, which."""
    return [TlsMessage(side, name, packet, at(packet / 100)) for side, packet, name in named]


def starttls() -> Talk:
    """Return an SMTP conversation up to the agreement."""
    talk = Talk("smtp")
    talk.handshake(1, 0.0)
    talk.reply(4, 0.04, "220", "mail.naver.com ESMTP")
    talk.command(5, 0.05, "EHLO a.b")
    talk.reply(6, 0.06, "250", "hi", "STARTTLS")
    talk.command(7, 0.07, "STARTTLS")
    talk.reply(8, 0.08, "220", "go ahead")
    talk.dark(9, 0.09, "starttls")
    talk.dialogue.encryption = Encryption.STARTTLS
    for number, side in ((9, CLIENT), (10, SERVER), (11, SERVER), (12, CLIENT), (13, SERVER), (14, CLIENT)):
        talk.data(number, number / 100, side, 100)
    return talk


def told(talk: Talk) -> tuple[Step, ...]:
    """Return the steps."""
    (walkthrough,) = walkthroughs(analysis(talk.conversation()))
    return walkthrough.steps


TLS_1_2 = messages(
    (CLIENT, 9, "ClientHello"),
    (SERVER, 10, "ServerHello"),
    (SERVER, 11, "Certificate"),
    (SERVER, 11, "ServerKeyExchange"),
    (SERVER, 11, "ServerHelloDone"),
    (CLIENT, 12, "ClientKeyExchange"),
    (CLIENT, 12, "ChangeCipherSpec"),
    (CLIENT, 12, "encrypted"),
    (SERVER, 13, "ChangeCipherSpec"),
    (SERVER, 13, "encrypted"),
)


def test_without_keys_the_handshake_and_the_amounts_are_told() -> None:
    talk = starttls()
    talk.dialogue.tls = TlsFacts(
        sni="mail.naver.com",
        version="TLS 1.2",
        cipher="TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        certificate=CERTIFICATE,
        offered_versions=("TLS 1.3", "TLS 1.2"),
        offered_ciphers=("TLS_AES_256_GCM_SHA384",) * 28,
        offered_alpn=("smtp",),
        unread="its keys are not known",
        messages=TLS_1_2,
    )
    hello, server, client, done, dark = told(talk)[6:]
    assert hello.says == (
        "ClientHello",
        "offers TLS 1.3 and TLS 1.2 and 28 cipher suites",
        "wants the server mail.naver.com (SNI)",
        "wants to speak smtp (ALPN)",
    )
    assert "still readable for everybody" in hello.means
    assert server.packets == (10, 11)
    assert server.says == (
        "ServerHello, Certificate, ServerKeyExchange, ServerHelloDone",
        "chosen: TLS 1.2 with TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "certificate for mail.naver.com and naver.com, issued by Mail Lab Root CA, valid from 2024-01-01 to "
        "2025-01-01, RSA 2048",
    )
    assert server.means == (
        "The server chooses TLS 1.2 and the cipher TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384. 10.0.0.2 shows a "
        "certificate: it is mail.naver.com and naver.com, says Mail Lab Root CA. Up to TLS 1.2 it travels readable."
    )
    assert client.says == ("ClientKeyExchange, ChangeCipherSpec, (encrypted)",)
    assert "With Finished, the first message that is encrypted, 10.0.0.1 proves" in client.means
    assert done.means == "10.0.0.2 proves the same."
    assert dark.says == ("encrypted with TLS from here: 10.0.0.1 sends 100 octets, the other side 0 octets",)
    assert "It is not read here because its keys are not known." in dark.means
    assert "--keylog FILE" in dark.means
    assert [step.source for step in (hello, dark)] == ["RFC 5246 section 7.3", "RFC 3207 section 4.2"]
    assert happened(talk.conversation()) == "STARTTLS, then encrypted (TLS 1.2, server mail.naver.com)"
    assert result(talk.conversation()) == "encrypted"


def test_with_keys_the_dialogue_goes_on() -> None:
    """The certificate of TLS 1.3, the ticket after the handshake, the hello said again, the login that TLS hides."""
    talk = starttls()
    talk.command(15, 0.15, "EHLO a.b")
    talk.reply(16, 0.16, "250", "hi", "AUTH PLAIN")
    talk.command(17, 0.17, "AUTH PLAIN AGxlZQBsZWU=", ((11, 23),))
    talk.reply(18, 0.18, "235", "ok")
    talk.data(19, 0.19, SERVER, 24)
    talk.dialogue.tls = TlsFacts(
        version="TLS 1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        certificate=CERTIFICATE,
        decrypted=True,
        messages=messages(
            (CLIENT, 9, "ClientHello"),
            (SERVER, 11, "HelloRetryRequest"),
            (CLIENT, 12, "ClientHello"),
            (SERVER, 13, "ServerHello"),
            (SERVER, 13, "CertificateRequest"),
            (SERVER, 13, "Certificate"),
            (SERVER, 13, "Finished"),
            (CLIENT, 14, "Certificate"),
            (CLIENT, 14, "Finished"),
            (SERVER, 16, "NewSessionTicket"),
            (SERVER, 19, "Alert"),
        ),
    )
    steps = told(talk)[6:]
    assert "no SNI" in steps[0].means
    assert steps[1].means.startswith("The server wants a key of another kind than the client sent along")
    assert steps[2].means.startswith("The client sends its hello once more")
    assert "From here on TLS 1.3 encrypts everything, even the certificate." in steps[3].means
    assert "On the wire TLS 1.3 hides it; the session keys open it here." in steps[3].means
    assert steps[4].says == ("Certificate, Finished",)
    assert steps[4].means.startswith("10.0.0.1 has no certificate to show. 10.0.0.1 proves the same. The handshake is ")
    assert "readable here because the session keys are known" in steps[4].means
    assert steps[5].says == ("EHLO a.b",)
    assert "With TLS all begins again" in steps[5].means
    assert steps[6].says == ("NewSessionTicket",)
    assert "travels readable" not in steps[7].means
    assert steps[8].says == ("AUTH PLAIN ********",)
    assert steps[8].means.endswith("On the way TLS hides it.")
    assert steps[10].says == ("(0 octets from the client and 24 octets from the server, in TLS records without words)",)
    assert happened(talk.conversation()) == "no mail: EHLO, STARTTLS, AUTH (inside TLS 1.3)"


def test_alerts_say_what_went_wrong() -> None:
    talk = Talk("tls", port=993)
    talk.handshake(1, 0.0)
    talk.dark(4, 0.04, "implicit")
    talk.dialogue.encryption = Encryption.IMPLICIT
    talk.data(4, 0.04, CLIENT, 200)
    talk.data(5, 0.05, SERVER, 900)
    talk.data(6, 0.06, CLIENT, 7)
    talk.dialogue.tls = TlsFacts(
        sni="mail.daum.net",
        version="TLS 1.2",
        cipher="TLS_RSA_WITH_AES_128_CBC_SHA",
        alert=TlsAlert(CLIENT, True, "unknown_ca", 6, at(0.06)),
        messages=[*messages((CLIENT, 4, "ClientHello"), (SERVER, 5, "ServerHello")), *messages((CLIENT, 6, "Alert"))],
    )
    alert = told(talk)[-1]
    assert (alert.kind, alert.packets, alert.source) == (StepKind.TROUBLE, (6,), "RFC 8446 section 6.2")
    assert alert.says == ("TLS alert: unknown_ca (fatal)",)
    assert alert.means == (
        "10.0.0.1 says: I do not know who issued your certificate, so I do not trust it. With that the connection is "
        "over. TLS failed before anything was said: no command, no password and no mail travelled."
    )
    assert happened(talk.conversation()) == "encrypted from the start (TLS 1.2, server mail.daum.net)"
    assert result(talk.conversation()) == "TLS failed: unknown_ca"


def shown(certificate: Certificate, **facts: object) -> str:
    """Return what the step with a server's certificate means."""
    talk = starttls()
    fields: dict[str, object] = {"version": "TLS 1.2", "cipher": "X", "messages": TLS_1_2, **facts}
    talk.dialogue.tls = TlsFacts(certificate=certificate, **fields)  # type: ignore[arg-type]
    return told(talk)[7].means


def test_what_is_wrong_with_a_certificate() -> None:
    """Conversations made here happen on 26 April 2024."""

    def changed(**fields: object) -> Certificate:
        kept = {name: getattr(CERTIFICATE, name) for name in CERTIFICATE.__struct_fields__}
        return Certificate(**{**kept, **fields})  # type: ignore[arg-type]

    assert "no longer valid" in shown(changed(not_after="2024-04-25T00:00:00Z"))
    assert "not valid yet" in shown(changed(not_before="2024-04-27T00:00:00Z"))
    assert "valid" not in shown(CERTIFICATE)
    assert "nobody else vouches for it" in shown(changed(self_signed=True))
    assert "Not all of it could be read: the key." in shown(changed(problem="the key"))
    assert "it is a.b, c.d, e.f, g.h and 2 more, says" in shown(
        changed(names=("a.b", "c.d", "e.f", "g.h", "i.j", "k.l"))
    )
    assert "it is Lee\\, Kim, says nobody in particular." in shown(
        changed(names=(), subject="CN=Lee\\, Kim,C=KR", issuer="nobody in particular")
    )


def test_resumption_and_hidden_names() -> None:
    means = shown(CERTIFICATE, resumed=True, resumption="ticket")
    assert "Both know each other from an earlier connection (ticket)" in means
    talk = starttls()
    talk.dialogue.tls = TlsFacts(sni="cover.example", hidden_name="ECH", messages=TLS_1_2)
    assert "is encrypted (ECH); cover.example is only a cover" in told(talk)[6].means


def test_a_handshake_that_was_not_captured() -> None:
    """Only amounts, and why."""
    talk = starttls()
    talk.dialogue.tls = TlsFacts(unread="the handshake was not captured whole")
    (dark,) = told(talk)[6:]
    assert dark.says == ("encrypted with TLS from here: 10.0.0.1 sends 300 octets, the other side 300 octets",)
    assert "because the handshake was not captured whole" in dark.means
    assert "--keylog" not in dark.means, "keys would not help"
