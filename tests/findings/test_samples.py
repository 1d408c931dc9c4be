"""What the samples really have of faults, checked by hand against logs and truth files, and nothing besides.

These are the families POP, IMAP, DNS, MAIL and JRN: errors and warnings are all listed, by code and first packet.
"""

from __future__ import annotations

import pytest

from mailtrace.analyzer import Analyzer, analyze_files
from mailtrace.findings.catalog import chosen_rules, findings
from mailtrace.model import Severity
from tests.support import SAMPLES

CHOSEN = ("POP", "IMAP", "DNS", "MAIL", "JRN")

FAULTS: dict[str, list[tuple[str, int]]] = {
    "01-report-2008": [],
    "02-report-2024": [("POP001", 178), ("POP001", 437)],
    "03-lab-journey": [("POP001", 80), ("POP001", 187)],
    "04-lab-ident-drop": [],
    # lee-pc.naver.com is the name of an address to which no address leads back; the mail with raw EUC-KR, the one whose
    # letters were cut in two, and the one without any header are there on purpose.
    "05-lab-chunking": [
        ("DNS018", 4),
        ("MAIL005", 104),
        ("MAIL024", 116),
        ("POP001", 212),
        ("MAIL001", 275),
        ("MAIL002", 275),
        ("MAIL003", 275),
    ],
    # Losses are no faults of mail or DNS; what the resolvers had to ask again is a remark.
    "06-lab-lossy": [
        ("DNS018", 14),
        ("POP003", 149),
        ("POP001", 151),
        ("POP003", 285),
        ("POP001", 286),
        ("POP003", 522),
        ("POP001", 523),
    ],
    # As Exim's log has it: a body changed, a key missing, SPF of the client .130, the listing of .133.
    "07-lab-dnsauth": [
        ("MAIL043", 117),
        ("DNS033", 157),
        ("DNS018", 211),
        ("MAIL041", 226),
        ("DNS019", 247),
        ("POP001", 286),
    ],
    "08-imap": [
        ("IMAP003", 4),
        ("IMAP001", 9),
        ("IMAP009", 147),
        ("IMAP003", 159),
        ("IMAP001", 161),
        ("IMAP004", 161),
        ("IMAP009", 164),
        ("IMAP009", 167),
    ],
    "09-starttls": [],
}


@pytest.mark.parametrize("sample", FAULTS)
def test_a_sample_has_these_faults_and_no_others(sample: str) -> None:
    analysis = analyze_files(Analyzer([str(SAMPLES / f"{sample}.pcapng")]))
    found = findings(analysis, chosen_rules(CHOSEN))
    faults = [(each.code, each.packets[0]) for each in found if each.severity is not Severity.INFO]
    assert sorted(faults) == sorted(FAULTS[sample])
