"""Writes what is generated into the documents: the files of the house, and the RFCs that the code implements.

    python -m tests.make_map

`mailtrace/README.md` gets one line per file, the first line of its docstring; `README.md` gets the tables of rules and
of RFCs. All go between markers, the rest is written by hand. `tests/test_house.py` holds that they are up to date.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from mailtrace.findings.catalog import rules
from mailtrace.languages import catalogue
from mailtrace.model.language import speaking
from mailtrace.reports.manual import rules_table
from tests.house import PACKAGE, ROOMS, SHARED, Source, rfcs, sources
from tests.support import ROOT

MAP = PACKAGE / "README.md"
README = ROOT / "README.md"
README_KO = ROOT / "README.ko.md"

RFC_TITLES = {
    768: "User Datagram Protocol",
    791: "Internet Protocol",
    1035: "Domain names",
    1413: "Identification protocol (ident)",
    1661: "Point-to-Point Protocol",
    1870: "SMTP SIZE",
    1939: "Post Office Protocol 3",
    2033: "Local Mail Transfer Protocol",
    2034: "SMTP enhanced status codes",
    2045: "MIME: format of message bodies",
    2046: "MIME: media types",
    2047: "MIME: encoded words",
    2177: "IMAP IDLE",
    2231: "MIME: parameter values",
    2308: "Negative answers of DNS",
    2342: "IMAP NAMESPACE",
    2449: "POP3 extensions",
    2516: "PPP over Ethernet",
    2595: "TLS with POP3",
    2661: "L2TP",
    2784: "GRE",
    2890: "GRE key and sequence number",
    2920: "SMTP command pipelining",
    2971: "IMAP ID",
    3030: "SMTP BDAT and binary MIME",
    3032: "MPLS label stacks",
    3206: "POP3 response codes",
    3207: "SMTP STARTTLS",
    3461: "SMTP delivery status notifications",
    3463: "Enhanced status codes",
    3501: "IMAP4rev1",
    3502: "IMAP MULTIAPPEND",
    3596: "DNS for IPv6",
    3597: "Unknown DNS record types",
    3676: "format=flowed",
    4155: "application/mbox",
    4380: "Teredo",
    4422: "SASL",
    4469: "IMAP CATENATE",
    4616: "SASL PLAIN",
    4954: "SMTP AUTH",
    4959: "IMAP SASL-IR",
    4978: "IMAP COMPRESS=DEFLATE",
    5034: "POP3 AUTH",
    5077: "TLS session tickets",
    5161: "IMAP ENABLE",
    5246: "TLS 1.2",
    5248: "Registry of enhanced status codes",
    5280: "X.509 certificates",
    5321: "Simple Mail Transfer Protocol",
    5322: "Internet Message Format",
    5722: "Overlapping IPv6 fragments",
    5782: "DNS blacklists",
    5802: "SASL SCRAM",
    5961: "TCP against blind resets",
    6066: "TLS extensions (SNI)",
    6152: "SMTP 8BITMIME",
    6154: "IMAP special-use mailboxes",
    6409: "Message submission",
    6531: "SMTP with international addresses",
    6532: "International headers",
    6698: "TLSA records (DANE)",
    6762: "Multicast DNS",
    6851: "IMAP MOVE",
    6855: "IMAP with UTF-8",
    6856: "POP3 with UTF-8",
    6891: "EDNS",
    6946: "IPv6 atomic fragments",
    7162: "IMAP CONDSTORE and QRESYNC",
    7301: "TLS application protocols (ALPN)",
    7348: "VXLAN",
    7366: "TLS encrypt-then-MAC",
    7413: "TCP Fast Open",
    7505: "Null MX",
    7628: "SASL OAUTHBEARER",
    7766: "DNS over TCP",
    7888: "IMAP literals that do not wait",
    7905: "TLS with ChaCha20-Poly1305",
    8200: "IPv6",
    8314: "TLS for submission and access",
    8446: "TLS 1.3",
    8689: "SMTP REQUIRETLS",
    8879: "TLS certificate compression",
    8926: "GENEVE",
    9051: "IMAP4rev2",
    9293: "Transmission Control Protocol",
    9850: "SSLKEYLOGFILE",
}
"""Titles of the table's lines: the standards of mail and what carries it. Others are named in the code alone."""


def files_section() -> str:
    """Return the rooms with their files, one line each."""
    order = ["", *ROOMS, *SHARED]

    def place(source: Source) -> int:
        inside = source.path.parent != PACKAGE
        return order.index(source.room) if inside and source.room in order else (0 if not inside else len(order))

    lines: list[str] = []
    for at, group in groupby(sorted(sources(), key=lambda each: (place(each), each.name)), key=place):
        title = order[at] if at < len(order) else "others"
        lines.append(f"### {title}/\n" if title else "### At the top\n")
        lines += [f"- `{each.path.relative_to(PACKAGE).as_posix()}` {first_line(each)}" for each in group]
        lines.append("")
    return "\n".join(lines)


def first_line(source: Source) -> str:
    """Return what a file says about itself in one line."""
    return source.docstring.partition("\n")[0]


def rfc_section() -> str:
    """Return the RFC support table."""
    lines = ["| RFC | about | sections named in the code | in |", "|---|---|---|---|"]
    for number, sections in sorted(rfcs().items()):
        if number in RFC_TITLES:
            listed = ", ".join(sorted(filter(None, sections), key=_section_order)) or "all"
            rooms = sorted({_place(name) for names in sections.values() for name in names})
            link = f"[{number}](https://www.rfc-editor.org/rfc/rfc{number})"
            lines.append(f"| {link} | {RFC_TITLES[number]} | {listed} | {', '.join(rooms)} |")
    return "\n".join(lines) + "\n"


def rules_section() -> str:
    """Return the table of rules."""
    return rules_table(list(rules().values()))


def _place(name: str) -> str:
    """Return the room of a file, with the protocol's name where it has one; the file's name at the top."""
    parts = name.split("/")[1:]
    return parts[0] if len(parts) < 3 or parts[0] != "protocols" else "/".join(parts[:2])


def _section_order(section: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (99, part) for part in section.split(".")]


def korean_rules_section() -> str:
    """Return the table of rules in Korean."""
    with speaking(catalogue("ko")):
        return rules_section()


SECTIONS = {
    (MAP, "files"): files_section,
    (README, "rfcs"): rfc_section,
    (README, "rules"): rules_section,
    (README_KO, "rfcs"): rfc_section,
    (README_KO, "rules"): korean_rules_section,
}
"""What is generated, by document and the name in its markers."""


def with_section(text: str, name: str, section: str) -> str | None:
    """Return `text` with what stands between the markers of `name` replaced, None when it has no such markers."""
    begin, end = f"<!-- {name}: written by tests/make_map.py -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    return f"{before}{begin}\n{section.strip()}\n\n{end}{after}" if found and ended else None


def main() -> None:
    """Bring the documents up to date."""
    for (path, name), make in SECTIONS.items():
        text = path.read_text(encoding="utf-8") if Path(path).is_file() else ""
        changed = with_section(text, name, make())
        if changed is not None and changed != text:
            path.write_text(changed, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: brought up to date")


if __name__ == "__main__":
    main()
