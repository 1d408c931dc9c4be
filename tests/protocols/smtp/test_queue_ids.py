"""How servers name what they accept."""

from __future__ import annotations

import pytest

from mailtrace.protocols.smtp.queue_ids import find_queue_id


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        (b"2.0.0 43Q1vx0G007503 Message accepted for delivery", "43Q1vx0G007503"),  # Sendmail
        (b"mag8q5r02536 Message accepted for delivery", "mag8q5r02536"),  # Sendmail 8.11
        (b"2.0.0 Ok: queued as BCB022014FB060", "BCB022014FB060"),  # Postfix
        (b"2.0.0 Ok: 188 bytes queued as 7B39D25A684", "7B39D25A684"),
        (b"2.0.0 Ok: queued as 4XyZ7b1VQdz9s3k", "4XyZ7b1VQdz9s3k"),  # Postfix with long names
        (b"OK id=1Mugho-0003Dg-Un", "1Mugho-0003Dg-Un"),  # Exim
        (b"OK id=1rXyZA-00000001abc-2dEF", "1rXyZA-00000001abc-2dEF"),  # Exim 4.97
        (b"ok 1184401929 qp 26211", "1184401929 qp 26211"),  # qmail
        (
            b"2.6.0 <x@y.example> [InternalId=14714542686216, Hostname=a.b] 8 bytes in 0.1 Queued mail for delivery",
            "14714542686216",
        ),
        (b"2.6.0  <MAIL01abc@example.org> Queued mail for delivery", "MAIL01abc@example.org"),  # Exchange 2003
        (
            b"2.0.0 OK  1700000000 d9443c01a7336-1cc5f8f4b5asi123456plc.42 - gsmtp",
            "d9443c01a7336-1cc5f8f4b5asi123456plc.42",
        ),
        (b"2.0.0 <kim@daum.net> tj4LBrn8xnY+AAAA Saved", "tj4LBrn8xnY+AAAA"),  # Dovecot
        (b"2.0.0: 8b0a1c7d Message accepted for delivery", "8b0a1c7d"),  # OpenSMTPD
        (
            b"Message Queued (9C1D8A0B-1111-2222-3333-444455556666.1)",
            "9C1D8A0B-1111-2222-3333-444455556666.1",
        ),  # Haraka
        (
            b"Ok 0100018c1f2e3d4c-1a2b3c4d-1111-2222-3333-444455556666-000000",
            "0100018c1f2e3d4c-1a2b3c4d-1111-2222-3333-444455556666-000000",
        ),
        *((text, None) for text in (b"Ok", b"2.0.0 Ok", b"2.6.0 message received", b"Message accepted for delivery")),
        *(
            (text, None)
            for text in (b"OK: message queued", b"Ok: queued as.", b"2.0.0 Message accepted for delivery", b"")
        ),
    ],
)
def test_queue_ids(text: bytes, queue_id: str | None) -> None:
    assert find_queue_id((text,)) == queue_id


def test_it_may_stand_in_any_line() -> None:
    assert find_queue_id((b" 4404 byte chunk, total 4404", b"OK id=1lHkNu-0007Qs-8X")) == "1lHkNu-0007Qs-8X"
