"""What looks for secrets finds them: else nothing would follow from their not being found."""

from __future__ import annotations

from base64 import b64encode

import pytest

from tests.redact.canaries import leaks

SECRET = "Amsel-Turm-4711"


@pytest.mark.parametrize(
    "octets",
    [
        b"PASS Amsel-Turm-4711",
        b"Amsel-Turm-4711"[::-1],
        b64encode(b"\0lee\0Amsel-Turm-4711"),
        b64encode(b"\0kims\0Amsel-Turm-4711"),
        b64encode(b"x\0kims\0Amsel-Turm-4711 and more"),
        b"416d73656c2d5475726d2d34373131",
        b"0040  41 6d 73 65 6c 2d 54 75 72 6d 2d 34 37 31 31",
        b"41:6D:73:65:6C:2D:54:75:72:6D:2D:34:37:31:31".lower(),
        b"Amsel%2DTurm%2D4711".replace(b"%2D", b"-"),
        "Amsel-Turm-4711".encode("utf-16-le"),
        b"amsel-turm-4711",
        b"A m s e l - T u r m - 4 7 1 1",
    ],
)
def test_p256_every_form_is_found(octets: bytes) -> None:
    assert leaks(b"before " + octets + b" behind", [SECRET, "something else"]) == [SECRET]


def test_p256_what_is_not_there_is_not_found() -> None:
    assert leaks(b"Amsel-Turm-4712 and much more", [SECRET]) == []
