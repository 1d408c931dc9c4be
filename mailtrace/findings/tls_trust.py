"""Rules of TLS: certificates, versions and ciphers, judged at the time of the capture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from mailtrace.findings.facts import Talk
from mailtrace.findings.rule import Seen, rule, seen
from mailtrace.findings.subjects import TLS
from mailtrace.findings.tls_start import went_dark
from mailtrace.model import NO_TIME, Certificate, Severity, TlsFacts
from mailtrace.model.figures import SECOND_NS

OLD_VERSIONS = frozenset({"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1"})
"""Source: RFC 8996 section 4, RFC 7568 section 3."""

WEAK_CIPHERS = ("NULL", "EXPORT", "RC4", "_DES_", "DES40", "3DES", "RC2", "MD5")
"""Parts of the names of ciphers that nobody should use any more. Source: RFC 9325 section 4.1."""

STRONG_RSA_BITS = 2048
STRONG_CURVE_BITS = 224
"""Sizes of keys below which they count as weak. Source: RFC 9325 section 4.5."""

SOON_S = 14 * 86_400
"""How long before its end a certificate that nobody renews is worth a word: automatic ones are renewed by then."""


def _certificate(talk: Talk) -> Certificate | None:
    """Return the server's certificate, where it could be read."""
    tls = talk.conversation.dialogue.tls
    return None if tls is None else tls.certificate


def _shown_in(talk: Talk, tls: TlsFacts) -> int:
    """Return the packet that carried the server's certificate, as far as that is known."""
    return next((each.packet for each in tls.messages if each.name == "Certificate"), went_dark(talk))


def _negotiated_in(talk: Talk) -> int:
    tls = talk.conversation.dialogue.tls
    hello = [] if tls is None else [each.packet for each in tls.messages if each.name == "ServerHello"]
    return hello[0] if hello else went_dark(talk)


def _captured(talk: Talk) -> datetime | None:
    start_ns = talk.conversation.start_ns
    return None if start_ns == NO_TIME else datetime.fromtimestamp(start_ns // SECOND_NS, UTC)


def _time(text: str | None) -> datetime | None:
    """Return a certificate's time, None where it makes no sense."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _seen(talk: Talk, **fields: str) -> Seen:
    tls = talk.conversation.dialogue.tls
    packet = went_dark(talk) if tls is None else _shown_in(talk, tls)
    return seen((packet,))._replace(fields={"client": talk.client, "server": talk.server, **fields})


@rule("TLS010", Severity.WARNING, TLS, "The certificate of {server} had expired on {end}, before this conversation")
def certificate_expired(talk: Talk) -> Iterator[Seen]:
    """The server's certificate was no longer valid when the conversation took place.

    Why: Clients that look at it refuse the connection. Servers among themselves mostly do not look, so that mail goes
    on and nobody notices.

    Mend: Renew the certificate, and let the server load it again; let a program do both from now on.
        certbot: certbot renew --deploy-hook "systemctl reload postfix dovecot"
        postfix: postfix reload
        dovecot: doveadm reload

    Not when: It expires later on the same day, or the capture has no times.

    Source: RFC 5280 section 4.1.2.5.
    """
    certificate, now = _certificate(talk), _captured(talk)
    end = None if certificate is None else _time(certificate.not_after)
    if end is not None and now is not None and end < now:
        yield _seen(talk, end=f"{end:%Y-%m-%d}")


@rule(
    "TLS011",
    Severity.WARNING,
    TLS,
    "The certificate of {server} is only valid from {start} on, after this conversation",
)
def certificate_not_yet_valid(talk: Talk) -> Iterator[Seen]:
    """The server's certificate was not valid yet when the conversation took place.

    Why: Clients that look at it refuse the connection. Mostly the clock of one of the machines is wrong.

    Mend: Set the clocks by NTP, then make the certificate anew if need be.
        chrony: chronyc tracking

    Not when: It is valid from an earlier moment of the same day on, or the capture has no times.

    Source: RFC 5280 section 4.1.2.5.
    """
    certificate, now = _certificate(talk), _captured(talk)
    start = None if certificate is None else _time(certificate.not_before)
    if start is not None and now is not None and start > now:
        yield _seen(talk, start=f"{start:%Y-%m-%d}")


@rule("TLS012", Severity.INFO, TLS, "The certificate of {server} ends on {end}, {days} days after this conversation")
def certificate_ends_soon(talk: Talk) -> Iterator[Seen]:
    """The server's certificate is valid for less than two weeks more.

    Why: If nobody renews it, clients will refuse the connection.

    Mend: See whether the program that renews it runs; it should have done so by now.
        certbot: certbot certificates

    Not when: It was made for a short time on purpose: less than 30 days from beginning to end.

    Source: RFC 5280 section 4.1.2.5.
    """
    certificate, now = _certificate(talk), _captured(talk)
    if certificate is None or now is None:
        return
    start, end = _time(certificate.not_before), _time(certificate.not_after)
    if start is None or end is None or end < now or (end - start).days < 30:
        return
    left = end - now
    if left.total_seconds() < SOON_S:
        yield _seen(talk, end=f"{end:%Y-%m-%d}", days=str(left.days))


@rule(
    "TLS013",
    Severity.WARNING,
    TLS,
    "{client} wanted to speak with {wanted}, but the certificate of {server} is for {names}",
)
def certificate_for_another_name(talk: Talk) -> Iterator[Seen]:
    """The name that the client asked for is not among those of the server's certificate.

    Why: A mail program warns its user or refuses; it cannot tell the right server from a wrong one. Servers among
    themselves mostly do not look at it, unless DANE or MTA-STS demand it.

    Mend: Get a certificate for the name that clients use, or tell them the name that it has.
        certbot: certbot certonly -d mail.example.org -d example.org
        postfix: smtpd_tls_chain_files, one for each name with tls_server_sni_maps

    Not when: The client named nobody (no SNI), or a wildcard covers the name.

    Source: RFC 9525 section 6, RFC 6066 section 3, RFC 7817 section 3.
    """
    certificate, tls = _certificate(talk), talk.conversation.dialogue.tls
    if certificate is None or tls is None or tls.sni is None or tls.hidden_name is not None or certificate.problem:
        return
    wanted = tls.sni.rstrip(".").lower()
    if certificate.names and not any(_covers(name.lower(), wanted) for name in certificate.names):
        yield _seen(talk, wanted=tls.sni, names=", ".join(certificate.names[:4]))


def _covers(name: str, wanted: str) -> bool:
    """Tell whether a name in a certificate is for a host; a star stands for one whole label. RFC 9525 section 6.3."""
    if name.startswith("*."):
        label, dot, rest = wanted.partition(".")
        return bool(label and dot) and rest == name[2:]
    return name.rstrip(".") == wanted


@rule("TLS014", Severity.INFO, TLS, "The certificate of {server} is signed by nobody but itself")
def certificate_self_signed(talk: Talk) -> Iterator[Seen]:
    """The server made its certificate itself: no authority vouches for it.

    Why: It protects against those who only listen, but a client cannot tell the server from an impostor. Between
    servers that is common; a mail program should not have to accept it.

    Mend: Get a certificate from an authority; some give them away. Between servers, DANE makes a self-made one safe.
        certbot: certbot certonly --standalone -d mail.example.org
        bind: _25._tcp.mail IN TLSA 3 1 1 ...

    Not when: An authority of one's own has signed it: whether clients know that one, a capture does not tell.

    Source: RFC 5280 section 3.2, RFC 7435 section 4.
    """
    certificate = _certificate(talk)
    if certificate is not None and certificate.self_signed:
        yield _seen(talk)


@rule("TLS015", Severity.WARNING, TLS, "The certificate of {server} has a weak key: {key}")
def certificate_key_weak(talk: Talk) -> Iterator[Seen]:
    """The key of the server's certificate is so short that it can be broken.

    Why: Whoever breaks it can pose as the server, and read recordings of connections without forward secrecy.

    Mend: Make a new key and get a new certificate for it.
        openssl: openssl req -newkey rsa:3072 -nodes -keyout key.pem -out request.pem

    Not when: It is RSA of 2048 bits or more, or an elliptic curve of 224 bits or more.

    Source: RFC 9325 section 4.5.
    """
    certificate = _certificate(talk)
    if certificate is None:
        return
    kind, _, size = certificate.key.partition(" ")
    bits = int(size) if size.isdecimal() else _curve_bits(size)
    if bits is not None and bits < (STRONG_RSA_BITS if kind in ("RSA", "DSA") else STRONG_CURVE_BITS):
        yield _seen(talk, key=certificate.key)


def _curve_bits(curve: str) -> int | None:
    """Return the size of a curve by its name, such as secp192r1; None where it does not tell."""
    digits = "".join(char for char in curve.removeprefix("sec") if char.isdecimal())[:3]
    return int(digits) if curve.startswith(("secp", "sect")) and digits else None


@rule("TLS016", Severity.WARNING, TLS, "{client} and {server} use {version}, which is out of date")
def tls_version_old(talk: Talk) -> Iterator[Seen]:
    """The two agreed on a version of TLS that must not be used any more.

    Why: TLS 1.0 and 1.1 rest on broken hash functions, SSL can be read by attackers.

    Mend: Update the side that knows nothing newer; offer 1.2 and 1.3 only.
        postfix: smtpd_tls_protocols = >=TLSv1.2
        dovecot: ssl_min_protocol = TLSv1.2
        exim: tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1 (with GnuTLS)
        sendmail: O ServerSSLOptions=+SSL_OP_NO_TLSv1 +SSL_OP_NO_TLSv1_1

    Not when: An old version is only among those that the client offers.

    Source: RFC 8996 section 4, RFC 9325 section 3.1.1.
    """
    tls = talk.conversation.dialogue.tls
    if tls is not None and tls.version in OLD_VERSIONS:
        packets = (_negotiated_in(talk),)
        yield seen(packets, client=talk.client, server=talk.server, version=tls.version or "")


@rule("TLS017", Severity.WARNING, TLS, "{client} and {server} encrypt with {cipher}, which is weak")
def cipher_weak(talk: Talk) -> Iterator[Seen]:
    """The two agreed on a way to encrypt that can be broken, or that does not encrypt at all.

    Why: Whoever records the connection may read it.

    Mend: Leave only strong ciphers on the list.
        postfix: smtpd_tls_ciphers = high
        dovecot: ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20
        sendmail: O CipherList=HIGH:!3DES:!RC4

    Not when: A weak cipher is only among those that the client offers, or the cipher only does without a certificate
    (anon), as servers among themselves may.

    Source: RFC 9325 section 4.1, RFC 7465 section 2.
    """
    tls = talk.conversation.dialogue.tls
    if tls is not None and tls.cipher and any(weak in tls.cipher for weak in WEAK_CIPHERS):
        yield seen((_negotiated_in(talk),), client=talk.client, server=talk.server, cipher=tls.cipher)


@rule(
    "TLS018", Severity.INFO, TLS, "{client} and {server} use {cipher}: whoever gets the server's key later reads it all"
)
def forward_secrecy_missing(talk: Talk) -> Iterator[Seen]:
    """The keys of the connection follow from the server's key alone (RSA key exchange).

    Why: Whoever records the connection and gets the server's key some day can read it then.

    Mend: Prefer ciphers with ECDHE, or use TLS 1.3, which has nothing else.
        postfix: tls_preempt_cipherlist = yes
        dovecot: ssl_cipher_list = ECDHE+AESGCM:ECDHE+CHACHA20

    Not when: The cipher has DHE or ECDHE in its name, or it is TLS 1.3.

    Source: RFC 9325 section 4.1.
    """
    tls = talk.conversation.dialogue.tls
    if tls is not None and tls.cipher is not None and tls.cipher.startswith("TLS_RSA_WITH_"):
        yield seen((_negotiated_in(talk),), client=talk.client, server=talk.server, cipher=tls.cipher)


@rule("TLS019", Severity.INFO, TLS, "{client} sent its first data to {server} before the TLS handshake was over")
def early_data_sent(talk: Talk) -> Iterator[Seen]:
    """The client used early data (0-RTT): it sent together with its hello what the server may get twice.

    Why: Somebody on the way can send the same data again, and the server may take it a second time.

    Mend: Switch early data off for mail: no mail protocol defines how to use it safely.

    Not when: A session is only resumed, without early data.

    Source: RFC 8446 section 8, RFC 9325 section 3.1.2.
    """
    tls = talk.conversation.dialogue.tls
    if tls is not None and tls.early_data:
        yield seen((went_dark(talk),), client=talk.client, server=talk.server)
