"""Loads what may be needed later: after privileges are given up, Python's own files may not be readable any more.

`nobody` has no way into /root, where the interpreter may stand, and Python loads much only when it is first used:
charsets, kinds of DNS records, tables of character widths. So all of that is loaded before, once, and no file is
opened for code afterwards (tests/live/test_loading.py).
"""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from importlib import import_module

PACKAGE = "mailtrace"

LEFT_OUT = (
    *("mailtrace.__main__", "mailtrace.crosscheck", "mailtrace.capture.tshark", "mailtrace.capture.dissect"),
    *("mailtrace.reports.document", "mailtrace.reports.ladder", "mailtrace.reports.writers", "mailtrace.redact"),
)
"""What a live capture never needs, and what they need: second opinions, layer trees, documents, figures, redaction."""

SOCKETS = "mailtrace.live.sockets"
"""What only the broker needs, and scapy with it."""

LIBRARIES = (
    "charset_normalizer",
    "cryptography.exceptions",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.x509.oid",
    "dns.rdtypes",
    "encodings",
    "lz4.frame",
    "rich",
    "zstandard",
)
"""Packages and modules that the rooms load when they first need them, with all that is in them."""


def load_everything() -> None:
    """Load all code that a live capture may need."""
    load_package(PACKAGE)
    for name in LIBRARIES:
        load_package(name)


def load_package(name: str) -> None:
    """Load a package with all that is in it; what cannot be loaded here, nobody can use."""
    if name.startswith((*LEFT_OUT, SOCKETS)):
        return
    package = None
    with suppress(Exception):
        package = import_module(name)
    for found in pkgutil.iter_modules(getattr(package, "__path__", ())):
        load_package(f"{name}.{found.name}")
