"""A mail server that really serves, and mails that are really sent to it, on the loopback interface."""

from __future__ import annotations

import datetime
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

HOST = "127.0.0.1"
SENDER, RECIPIENT = "lee@naver.com", "kim@daum.net"


@contextmanager
def mail_server(port: int = 25, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """Serve SMTP meanwhile; every mail is taken, and thrown away."""
    controller = Controller(Sink(), hostname=HOST, port=port, server_hostname="mail.lab.example", tls_context=tls)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def send_mail(number: int, port: int = 25, tls: ssl.SSLContext | None = None) -> None:
    """Send a mail with a number in its subject."""
    with smtplib.SMTP(HOST, port, local_hostname="client.lab.example", timeout=20) as client:
        if tls is not None:
            client.starttls(context=tls)
        text = f"From: Lee <{SENDER}>\r\nTo: {RECIPIENT}\r\nSubject: Number {number}\r\n\r\nHello {number}\r\n"
        client.sendmail(SENDER, [RECIPIENT], text)


def server_context(folder: Path) -> ssl.SSLContext:
    """Return what a server needs for TLS: a certificate of its own making."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.lab.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def client_context(keylog: Path) -> ssl.SSLContext:
    """Return what a client needs for TLS that trusts anybody, and writes its keys down."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.keylog_filename = str(keylog)
    return context
