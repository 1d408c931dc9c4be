"""Sentences about TLS: its handshake, its alerts, certificates, and what can be known when the rest stays unread."""

from __future__ import annotations

TLS: dict[str, str] = {
    "tls.offers": "offers {versions} and {ciphers}",
    "tls.wants": "wants the server {name} (SNI)",
    "tls.speaks": "wants to speak {protocols} (ALPN)",
    "tls.chosen": "chosen: {version} with {cipher}",
    "tls.client-hello": (
        "The client begins the TLS handshake: it says which versions and ciphers it knows, still readable for "
        "everybody."
    ),
    "tls.client-hello.again": (
        "The client sends its hello once more, now with the kind of key that the server asked for."
    ),
    "tls.sni": (
        "It names the server it wants, so that a server with many names can show the right certificate; this name "
        "can be read on the way."
    ),
    "tls.no-sni": "It does not say which server it wants (no SNI).",
    "tls.hidden-name": "The name that the client really wants is encrypted ({how}); {name} is only a cover.",
    "tls.retry": (
        "The server wants a key of another kind than the client sent along, and asks for it: that costs one round "
        "trip more."
    ),
    "tls.server-hello": "The server chooses {version} and the cipher {cipher}.",
    "tls.server-hello.unnamed": "The server answers with the version and the cipher it chooses.",
    "tls.all-hidden": "From here on {version} encrypts everything, even the certificate.",
    "tls.resumed": (
        "Both know each other from an earlier connection ({how}): its secret is used again, so no certificate has to "
        "be shown."
    ),
    "tls.asks-client": "The server asks for a certificate of the client too; most clients have none and say so.",
    "tls.no-client-certificate": "{name} has no certificate to show.",
    "tls.keys": "The client sends its half of the key.",
    "tls.encrypted": "(encrypted)",
    "tls.finished": (
        "With Finished, the first message that is encrypted, {name} proves that nobody changed the handshake on its "
        "way."
    ),
    "tls.finished.inside": "With Finished {name} proves that nobody changed the handshake on its way.",
    "tls.finished.too": "{name} proves the same.",
    "tls.ticket": (
        "The server hands out a ticket, with which the client can come back later without proving everything again."
    ),
    "tls.ticket.another": "The server hands out another ticket.",
    "tls.update": "{name} changes its key and goes on with a new one.",
    "tls.other": "The next part of the TLS handshake.",
    "tls.opened": (
        "The handshake is done. What follows was encrypted on the wire and is readable here because the session keys "
        "are known (a key log, or secrets inside the capture)."
    ),
    "tls.alert.fatal": "TLS alert: {description} (fatal)",
    "tls.alert.warning": "TLS alert: {description} (warning)",
    "tls.alert.unknown": "{name} reports trouble with TLS.",
    "tls.alert.means": "{name} says: {means}.",
    "tls.alert.ends": "With that the connection is over.",
    "tls.no-dialogue": "TLS failed before anything was said: no command, no password and no mail travelled.",
    "tls.records": "({client} from the client and {server} from the server, in TLS records without words)",
    "tls.records.meaning": "Session tickets, padding, or the notice that one side closes (close_notify).",
    "certificate": "certificate for {names}, issued by {issuer}, valid from {start} to {end}, {public}",
    "certificate.more": "{names} and {count} more",
    "certificate.nobody": "(no name)",
    "certificate.no-date": "(no date)",
    "certificate.readable": (
        "{name} shows a certificate: it is {names}, says {issuer}. Up to TLS 1.2 it travels readable."
    ),
    "certificate.inside": (
        "{name} shows a certificate: it is {names}, says {issuer}. On the wire TLS 1.3 hides it; the session keys "
        "open it here."
    ),
    "certificate.self-signed": "It is signed by itself: nobody else vouches for it.",
    "certificate.expired": "When this was captured it was no longer valid.",
    "certificate.not-yet": "When this was captured it was not valid yet.",
    "certificate.problem": "Not all of it could be read: {problem}.",
    "dark": "encrypted with TLS from here: {client} sends {sent}, the other side {received}",
    "dark.smtp": (
        "Both sides agreed to encrypt. Who talks to whom, when, and how much stays visible; commands, addresses and "
        "mails do not, and what was said before counts no more: the client begins again with its hello."
    ),
    "dark.smtp.source": "RFC 3207 section 4.2",
    "dark.pop3": (
        "Both sides agreed to encrypt. Who talks to whom, when, and how much stays visible; commands, passwords and "
        "mails do not."
    ),
    "dark.pop3.source": "RFC 2595 section 4",
    "dark.imap": (
        "Both sides agreed to encrypt. Who talks to whom, when, and how much stays visible; commands, passwords and "
        "mails do not, and what the server said before that it can counts no more: the client asks again."
    ),
    "dark.imap.source": "RFC 9051 section 6.2.1",
    "dark.implicit": (
        "This connection begins with encryption at once. Who talks to whom, when, and how much stays visible; "
        "everything said does not."
    ),
    "dark.implicit.source": "RFC 8314 section 3",
    "dark.lasted": "It lasts {duration} s.",
    "dark.keys": "The session keys of one of the two sides (--keylog FILE) open what is inside.",
    "dark.unread": "It is not read here because {why}.",
}

ALERTS: dict[str, str] = {
    "close_notify": "I have nothing more to send",
    "unexpected_message": "this message does not belong here",
    "bad_record_mac": "a record was damaged or forged on its way",
    "decryption_failed": "a record could not be decrypted",
    "record_overflow": "a record is too long",
    "decompression_failure": "a record could not be unpacked",
    "handshake_failure": "there is no version, cipher or key that both of us accept",
    "no_certificate": "I have no certificate",
    "bad_certificate": "your certificate is damaged, or its signature is wrong",
    "unsupported_certificate": "I cannot use this kind of certificate",
    "certificate_revoked": "your certificate has been revoked",
    "certificate_expired": "your certificate is not valid at this time",
    "certificate_unknown": "something about your certificate is not acceptable",
    "illegal_parameter": "a field of the handshake makes no sense",
    "unknown_ca": "I do not know who issued your certificate, so I do not trust it",
    "access_denied": "your certificate is sound, but you may not come in",
    "decode_error": "a message could not be decoded",
    "decrypt_error": "a signature or a proof of the handshake is wrong",
    "export_restriction": "this key is not allowed by export rules",
    "protocol_version": "we have no TLS version in common",
    "insufficient_security": "what you offer is too weak for me",
    "internal_error": "I have trouble of my own, which is not your fault",
    "inappropriate_fallback": "you come with an older version than you can, which somebody may have forced on you",
    "user_canceled": "the user gave up",
    "no_renegotiation": "I do not negotiate again",
    "missing_extension": "the handshake lacks an extension that it must have",
    "unsupported_extension": "you answer with an extension that I did not offer",
    "unrecognized_name": "I serve no host of the name that you want",
    "bad_certificate_status_response": "the status of your certificate cannot be used",
    "unknown_psk_identity": "I do not know the key that you name",
    "certificate_required": "I want a certificate from you",
    "no_application_protocol": "none of the protocols that you name (ALPN) is spoken here",
}
"""What an alert says, in the words of its sender. Source: RFC 8446 section 6.2, RFC 5246 section 7.2."""
