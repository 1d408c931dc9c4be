"""Trace fields as the MTAs of this world write them; the lines come from real mail, addresses changed."""

from __future__ import annotations

import pytest

from mailtrace.mail.received import parse_received
from mailtrace.model import Received
from tests.mail.contents import growth

SENDMAIL = (
    "from mail.naver.com ([192.168.111.100])\tby mail.daum.net (8.17.1.9/8.17.1.9/Debian-2+deb12u2) with ESMTP id"
    " 4AM3qYu6000287\tfor <kim@daum.net>; Sun, 22 Nov 2026 03:52:35 GMT"
)
POSTFIX = (
    "from mail.naver.com (unknown [192.168.111.100]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))"
    " (No client certificate requested) by mail.nate.com (Postfix) with ESMTPS id 1CB9F2006C for <park@nate.com>;"
    " Sun, 22 Nov 2026 13:01:00 +0900 (KST)"
)
EXIM = (
    "from [192.168.111.100] (helo=mail.naver.com) by mail.nate.com with esmtp (Exim 4.96)"
    " (envelope-from <lee@naver.com>) id 1rXyZa-0003Dg-Un for park@nate.com; Sun, 22 Nov 2026 13:01:00 +0900"
)
EXCHANGE = (
    "from MBX01.example.org (10.0.0.1) by MBX02.example.org (10.0.0.2) with Microsoft SMTP Server"
    " (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.6; Fri, 26 Apr 2024 01:58:01 +0000"
)


@pytest.mark.parametrize(
    ("value", "received"),
    [
        (
            SENDMAIL,
            Received("mail.naver.com", "mail.daum.net", "ESMTP", "4AM3qYu6000287", "2026-11-22T03:52:35+00:00"),
        ),
        (POSTFIX, Received("mail.naver.com", "mail.nate.com", "ESMTPS", "1CB9F2006C", "2026-11-22T13:01:00+09:00")),
        (
            EXIM,
            Received("[192.168.111.100]", "mail.nate.com", "esmtp", "1rXyZa-0003Dg-Un", "2026-11-22T13:01:00+09:00"),
        ),
        (
            EXCHANGE,
            Received(
                "MBX01.example.org",
                "MBX02.example.org",
                "Microsoft SMTP Server",
                "15.1.2507.6",
                "2024-04-26T01:58:01+00:00",
            ),
        ),
        (
            "by 2002:a05:6a10:1234:b0:1f2:3:4 with SMTP id x12csp123456pxb; Fri, 26 Apr 2024 01:58:01 -0700 (PDT)",
            Received(None, "2002:a05:6a10:1234:b0:1f2:3:4", "SMTP", "x12csp123456pxb", "2024-04-26T01:58:01-07:00"),
        ),
        (
            "from mail.daum.net by mail.daum.net with LMTP id ABC (envelope-from <lee@naver.com>) for <kim@daum.net>;"
            " Sun, 22 Nov 2026 03:52:35 +0000",
            Received("mail.daum.net", "mail.daum.net", "LMTP", "ABC", "2026-11-22T03:52:35+00:00"),
        ),
        (
            "(qmail 4471 invoked by uid 0); 22 Nov 2026 03:52:46 -0000",
            Received(None, None, None, None, "2026-11-22T03:52:46-00:00"),
        ),
        (
            "from unknown (HELO client) (192.0.2.1)  by 0 with SMTP; 22 Nov 2026 03:52:46 -0000",
            Received("unknown", "0", "SMTP", None, "2026-11-22T03:52:46-00:00"),
        ),
        (
            "by mail.example.org (Postfix, from userid 0) id 44C0F2006C; 2026-11-22T13:01:00+09:00",
            Received(None, "mail.example.org", None, "44C0F2006C", "2026-11-22T13:01:00+09:00"),
        ),
        ("from a by b", Received("a", "b", None, None, None)),
        ("from a by b; not a date", Received("a", "b", None, None, None)),
        ("from", Received(None, None, None, None, None)),
        ("", Received(None, None, None, None, None)),
    ],
)
def test_received(value: str, received: Received) -> None:
    assert parse_received(value) == received


@pytest.mark.parametrize("unit", ["(", ")", "()", ";", "from ", "x ", "with a ", '"', "((a)"])
def test_linear(unit: str) -> None:
    assert growth(lambda size: parse_received(unit * size), 20_000) <= 2.6
