"""Trace fields as the servers of this world write them; names and addresses are those kept for examples."""

from __future__ import annotations

from random import Random

import pytest

from mailtrace.mail.received import parse_received
from mailtrace.model import Received
from tests.mail.contents import growth

TIME = "Fri, 26 Apr 2024 10:57:59 +0900"
ISO = "2024-04-26T10:57:59+09:00"

SERVERS = {
    "sendmail": (
        f"from client (desk.example.com [192.0.2.130])\tby mail.example.org (8.17.1.9/8.17.1.9/Debian-2+deb12u2)"
        f" with ESMTP id 43Q1vx0G007503\tfor <kim@example.org>; {TIME}",
        Received(
            from_="client",
            by="mail.example.org",
            with_="ESMTP",
            id="43Q1vx0G007503",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.130",
            helo="client",
            rdns="desk.example.com",
        ),
    ),
    "sendmail without a name": (
        f"from mail.example.com ([192.0.2.100])\tby mail.example.org (8.17.1.9/8.17.1.9) with ESMTP id 43Q0; {TIME}",
        Received(
            "mail.example.com", "mail.example.org", "ESMTP", "43Q0", ISO, (), "192.0.2.100", "mail.example.com", None
        ),
    ),
    "sendmail with TLS, ident and doubts": (
        f"from client.example.com (lee@desk.example.com [192.0.2.130] (may be forged))\t(authenticated bits=0)"
        f"\tby mail.example.org (8.17.1/8.17.1) with ESMTPSA id 43Q1vx0G007503"
        f"\t(version=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bits=256 verify=NOT)\tfor <kim@example.org>; {TIME} (KST)",
        Received(
            from_="client.example.com",
            by="mail.example.org",
            with_="ESMTPSA",
            id="43Q1vx0G007503",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.130",
            helo="client.example.com",
            rdns="desk.example.com",
            tls="TLS 1.3, TLS_AES_256_GCM_SHA384",
        ),
    ),
    "sendmail over IPv6": (
        f"from mail.example.com (IPv6:2001:db8:0:0::25 [IPv6:2001:db8:0:0::25])\tby b.example with ESMTP id 1; {TIME}",
        Received(
            from_="mail.example.com",
            by="b.example",
            with_="ESMTP",
            id="1",
            time=ISO,
            address="2001:db8::25",
            helo="mail.example.com",
        ),
    ),
    "sendmail, handed in locally": (
        f"(from lee@localhost)\tby mail.example.com (8.17.1.9/8.17.1.9/Submit) id 43Q1vwXY007500; {TIME}",
        Received(None, "mail.example.com", None, "43Q1vwXY007500", ISO),
    ),
    "postfix": (
        f"from mail.example.com (unknown [192.0.2.100])\tby mail.example.org (Postfix) with ESMTP id 1CB9F2006C"
        f"\tfor <park@example.org>; {TIME} (KST)",
        Received(
            from_="mail.example.com",
            by="mail.example.org",
            with_="ESMTP",
            id="1CB9F2006C",
            time=ISO,
            for_=("park@example.org",),
            address="192.0.2.100",
            helo="mail.example.com",
        ),
    ),
    "postfix with TLS": (
        f"from mail.example.com (mail.example.com [IPv6:2001:db8::1])\t(using TLSv1.3 with cipher"
        f" TLS_AES_256_GCM_SHA384 (256/256 bits)\t key-exchange X25519 server-signature RSA-PSS (2048 bits))"
        f'\t(Client CN "mail.example.com", Issuer "Example CA (test)" (verified OK))'
        f"\tby mail.example.org (Postfix) with ESMTPS id 4VQX9w1Lqcz9vvv; {TIME} (KST)",
        Received(
            from_="mail.example.com",
            by="mail.example.org",
            with_="ESMTPS",
            id="4VQX9w1Lqcz9vvv",
            time=ISO,
            address="2001:db8::1",
            helo="mail.example.com",
            rdns="mail.example.com",
            tls="TLS 1.3, TLS_AES_256_GCM_SHA384",
        ),
    ),
    "postfix, submission": (
        f"from [10.0.0.5] (desk.example.com [192.0.2.130]) (using TLSv1.2 with cipher ECDHE-RSA-AES128-GCM-SHA256"
        f" (128/128 bits)) (No client certificate requested) (Authenticated sender: lee)"
        f" by mail.example.com (Postfix) with ESMTPSA id 5E1B2; {TIME}",
        Received(
            from_="[10.0.0.5]",
            by="mail.example.com",
            with_="ESMTPSA",
            id="5E1B2",
            time=ISO,
            address="192.0.2.130",
            helo="[10.0.0.5]",
            rdns="desk.example.com",
            tls="TLS 1.2, ECDHE-RSA-AES128-GCM-SHA256",
        ),
    ),
    "postfix, handed in locally": (
        f"by mail.example.com (Postfix, from userid 1000)\tid 44C0F2006C; {TIME} (KST)",
        Received(None, "mail.example.com", None, "44C0F2006C", ISO),
    ),
    "exim, no name found": (
        f"from [192.0.2.100] (helo=mail.example.com)\tby mail.example.org with esmtp (Exim 4.96)"
        f"\t(envelope-from <lee@example.com>)\tid 1rXyZa-0003Dg-Un\tfor park@example.org;\t{TIME}",
        Received(
            from_="[192.0.2.100]",
            by="mail.example.org",
            with_="esmtp",
            id="1rXyZa-0003Dg-Un",
            time=ISO,
            for_=("park@example.org",),
            address="192.0.2.100",
            helo="mail.example.com",
            envelope_from="lee@example.com",
        ),
    ),
    "exim with TLS": (
        f"from mail.example.com ([192.0.2.100]:41428 helo=[10.0.0.5])\tby mail.example.org with esmtps  (TLS1.3) tls"
        f" TLS_AES_256_GCM_SHA384\t(Exim 4.96)\t(envelope-from <>)\tid 1rXyZa-0003Dg-Un; {TIME}",
        Received(
            from_="mail.example.com",
            by="mail.example.org",
            with_="esmtps",
            id="1rXyZa-0003Dg-Un",
            time=ISO,
            address="192.0.2.100",
            helo="[10.0.0.5]",
            rdns="mail.example.com",
            tls="TLS 1.3, TLS_AES_256_GCM_SHA384",
            envelope_from="",
        ),
    ),
    "exim of old with TLS": (
        f"from mail.example.com ([2001:db8::1])\tby mail.example.org with esmtps"
        f" (TLSv1.2:ECDHE-RSA-AES256-GCM-SHA384:256)\t(Exim 4.89)\t(envelope-from <lee@example.com>)"
        f"\tid 1rXyZa-0003Dg-Un\tfor kim@example.org; {TIME}",
        Received(
            from_="mail.example.com",
            by="mail.example.org",
            with_="esmtps",
            id="1rXyZa-0003Dg-Un",
            time=ISO,
            for_=("kim@example.org",),
            address="2001:db8::1",
            helo="mail.example.com",
            tls="TLS 1.2, ECDHE-RSA-AES256-GCM-SHA384",
            envelope_from="lee@example.com",
        ),
    ),
    "exim, handed in locally": (
        f"from lee by mail.example.org with local (Exim 4.96)\t(envelope-from <lee@example.org>)\tid 1rXyZa; {TIME}",
        Received("lee", "mail.example.org", "local", "1rXyZa", ISO, envelope_from="lee@example.org"),
    ),
    "qmail": (
        "from unknown (HELO client) (192.0.2.1)\n  by mail.example.org with SMTP; 26 Apr 2024 01:57:59 -0000",
        Received(
            from_="unknown",
            by="mail.example.org",
            with_="SMTP",
            id=None,
            time="2024-04-26T01:57:59-00:00",
            address="192.0.2.1",
            helo="client",
        ),
    ),
    "qmail with ident and TLS": (
        "from desk.example.com (HELO client) (lee@192.0.2.1)  by 0 with (AES256-SHA encrypted) SMTP;"
        " 26 Apr 2024 01:57:59 -0000",
        Received(
            from_="desk.example.com",
            by="0",
            with_="SMTP",
            id=None,
            time="2024-04-26T01:57:59-00:00",
            address="192.0.2.1",
            helo="client",
            rdns="desk.example.com",
            tls="TLS, AES256-SHA",
        ),
    ),
    "qmail, the queue": (
        "(qmail 4471 invoked by uid 0); 26 Apr 2024 01:57:59 -0000",
        Received(None, None, None, None, "2024-04-26T01:57:59-00:00"),
    ),
    "Exchange": (
        f"from MBX01.example.com (10.0.0.1) by MBX02.example.com (10.0.0.2) with Microsoft SMTP Server"
        f" (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.1.2507.6; {TIME}",
        Received(
            from_="MBX01.example.com",
            by="MBX02.example.com",
            with_="Microsoft SMTP Server",
            id="15.1.2507.6",
            time=ISO,
            address="10.0.0.1",
            helo="MBX01.example.com",
            tls="TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
    ),
    "Exchange, the store": (
        f"from MBX01.example.com ([fe80::1c2:3%4]) by MBX01.example.com ([fe80::1c2:3%4]) with mapi id"
        f" 15.20.7519.021; {TIME}",
        Received(
            from_="MBX01.example.com",
            by="MBX01.example.com",
            with_="mapi",
            id="15.20.7519.021",
            time=ISO,
            address="fe80::1c2:3",
            helo="MBX01.example.com",
        ),
    ),
    "Exchange Online": (
        f"from mail.example.com (192.0.2.100) by PU1KOR01FT012.mail.protection.example (10.114.1.2) with Microsoft SMTP"
        f" Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.7519.22 via Frontend Transport; {TIME}",
        Received(
            from_="mail.example.com",
            by="PU1KOR01FT012.mail.protection.example",
            with_="Microsoft SMTP Server",
            id="15.20.7519.22",
            time=ISO,
            address="192.0.2.100",
            helo="mail.example.com",
            tls="TLS 1.3, TLS_AES_256_GCM_SHA384",
        ),
    ),
    "Exchange of 2010": (
        f"from a.example.com (2001:db8::5) by b.example.com (192.0.2.6) with Microsoft SMTP Server (TLS) id 14; {TIME}",
        Received(
            from_="a.example.com",
            by="b.example.com",
            with_="Microsoft SMTP Server",
            id="14",
            time=ISO,
            address="2001:db8::5",
            helo="a.example.com",
            tls="TLS",
        ),
    ),
    "IIS": (
        f"from client ([192.0.2.7]) by web.example.com with Microsoft SMTPSVC(6.0.3790.3959);\t {TIME}",
        Received("client", "web.example.com", "Microsoft SMTPSVC", None, ISO, (), "192.0.2.7", "client"),
    ),
    "Gmail, inside": (
        "by 2002:a05:6a10:1234:b0:1f2:3:4 with SMTP id x12csp123456pxb;        Fri, 26 Apr 2024 01:57:59 -0700 (PDT)",
        Received(None, "2002:a05:6a10:1234:b0:1f2:3:4", "SMTP", "x12csp123456pxb", "2024-04-26T01:57:59-07:00"),
    ),
    "Gmail": (
        f"from mail.example.com (mail.example.com. [192.0.2.100])        by mx.example.net with ESMTPS id"
        f" d9443c01a7336-1e0b.2.2024.04.26.10.57.58        for <kim@example.net>        (version=TLS1_3"
        f" cipher=TLS_AES_256_GCM_SHA384 bits=256/256);        {TIME} (PDT)",
        Received(
            from_="mail.example.com",
            by="mx.example.net",
            with_="ESMTPS",
            id="d9443c01a7336-1e0b.2.2024.04.26.10.57.58",
            time=ISO,
            for_=("kim@example.net",),
            address="192.0.2.100",
            helo="mail.example.com",
            rdns="mail.example.com",
            tls="TLS 1.3, TLS_AES_256_GCM_SHA384",
        ),
    ),
    "Dovecot": (
        f"from mail.example.org\tby mail.example.org with LMTP\tid mKLUFr8LK2YeAQAA0tVEUQ"
        f"\t(envelope-from <lee@example.com>)\tfor <kim@example.org>; {TIME}",
        Received(
            from_="mail.example.org",
            by="mail.example.org",
            with_="LMTP",
            id="mKLUFr8LK2YeAQAA0tVEUQ",
            time=ISO,
            for_=("kim@example.org",),
            helo="mail.example.org",
            envelope_from="lee@example.com",
        ),
    ),
    "Courier": (
        f"from client.example.com (desk.example.com [::ffff:192.0.2.130])  (AUTH: LOGIN lee, TLS:"
        f" TLSv1/SSLv3,256bits,AES256-SHA)  by mail.example.org with ESMTPSA; {TIME}"
        f"  id 00014B8A.0000000041FF4A3E.00006F24",
        Received(
            from_="client.example.com",
            by="mail.example.org",
            with_="ESMTPSA",
            id="00014B8A.0000000041FF4A3E.00006F24",
            time=ISO,
            address="192.0.2.130",
            helo="client.example.com",
            rdns="desk.example.com",
            tls="TLSv1/SSLv3, AES256-SHA",
        ),
    ),
    "MDaemon": (
        f"from desk ([192.0.2.130]) by mail.example.com (MDaemon PRO v20.0.3) with ESMTPSA id md5001000123456.msg for"
        f" <kim@example.org>; {TIME}",
        Received(
            from_="desk",
            by="mail.example.com",
            with_="ESMTPSA",
            id="md5001000123456.msg",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.130",
            helo="desk",
        ),
    ),
    "Zimbra": (
        f"from mta.example.com (LHLO mta.example.com) (192.0.2.20) by store.example.com with LMTP; {TIME} (KST)",
        Received(
            from_="mta.example.com",
            by="store.example.com",
            with_="LMTP",
            id=None,
            time=ISO,
            address="192.0.2.20",
            helo="mta.example.com",
            rdns="mta.example.com",
        ),
    ),
    "amavis": (
        f"from mta.example.com ([127.0.0.1])\tby localhost (mta.example.com [127.0.0.1]) (amavisd-new, port 10032)"
        f"\twith ESMTP id 7o1C4Qmn2Qxw for <kim@example.org>;\t{TIME} (KST)",
        Received(
            from_="mta.example.com",
            by="localhost",
            with_="ESMTP",
            id="7o1C4Qmn2Qxw",
            time=ISO,
            for_=("kim@example.org",),
            address="127.0.0.1",
            helo="mta.example.com",
        ),
    ),
    "Yahoo": (
        f"from 127.0.0.1  (EHLO mail.example.com) (192.0.2.100)  by mta1001.mail.example.net with SMTPS; {TIME}",
        Received(
            from_="127.0.0.1",
            by="mta1001.mail.example.net",
            with_="SMTPS",
            id=None,
            time=ISO,
            address="192.0.2.100",
            helo="mail.example.com",
        ),
    ),
    "Yahoo, from the web": (
        f"from [192.0.2.130] by web1.mail.example.net via HTTP; {TIME} PDT",
        Received("[192.0.2.130]", "web1.mail.example.net", None, None, ISO, (), "192.0.2.130"),
    ),
    "Yahoo, by itself": (
        f"by hermes--production-1 (Yahoo Inc. Hermes SMTP Server) with ESMTPA ID 5d41402abc4b2a76; {TIME}",
        Received(None, "hermes--production-1", "ESMTPA", "5d41402abc4b2a76", ISO),
    ),
    "Domino": (
        f"from mail.example.com ([192.0.2.100])          by notes.example.org (IBM Domino Release 9.0.1FP8)"
        f"          with ESMTP id 2024042610575890-1234 ;          {TIME} ",
        Received(
            from_="mail.example.com",
            by="notes.example.org",
            with_="ESMTP",
            id="2024042610575890-1234",
            time=ISO,
            address="192.0.2.100",
            helo="mail.example.com",
        ),
    ),
    "Lotus": (
        f"by notes.example.org(Lotus SMTP MTA v4.6.7  (934.1 12-30-1999))  id 49256B0A.0005F6C8 ; {TIME}",
        Received(None, "notes.example.org", None, "49256B0A.0005F6C8", ISO),
    ),
    "MailChannels": (
        f"from web.example.com ([UNAVAILABLE]. [192.0.2.9])\t(using TLSv1.2 with cipher DHE-RSA-AES256-GCM-SHA384)"
        f"\tby 0.0.0.0:2500 (trex/5.9.14);\t{TIME}",
        Received(
            from_="web.example.com",
            by="0.0.0.0:2500",
            with_=None,
            id=None,
            time=ISO,
            address="192.0.2.9",
            helo="web.example.com",
            tls="TLS 1.2, DHE-RSA-AES256-GCM-SHA384",
        ),
    ),
    "Oracle": (
        f"from desk.example.com (desk.example.com [192.0.2.130]) by mail.example.com (Oracle Communications Messaging"
        f" Server 8.0.1 64bit) with ESMTPSA id <0SCJ00G1XYZ00@mail.example.com> for kim@example.org; {TIME}",
        Received(
            from_="desk.example.com",
            by="mail.example.com",
            with_="ESMTPSA",
            id="<0SCJ00G1XYZ00@mail.example.com>",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.130",
            helo="desk.example.com",
            rdns="desk.example.com",
        ),
    ),
    "IronPort": (
        f"from unknown (HELO mail.example.com) ([192.0.2.100])  by esa1.example.org with"
        f" ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384; {TIME}",
        Received(
            from_="unknown",
            by="esa1.example.org",
            with_="ESMTP/TLS/ECDHE-RSA-AES256-GCM-SHA384",
            id=None,
            time=ISO,
            address="192.0.2.100",
            helo="mail.example.com",
            tls="TLS, ECDHE-RSA-AES256-GCM-SHA384",
        ),
    ),
    "Naver": (
        f"from cvsendbo01.example.com ([192.0.2.11])  by crcvmail20.nm.example.com with ESMTP id M1TjqCrJQTqFnX0aBc"
        f"  for <lee@example.com>;  {TIME}",
        Received(
            from_="cvsendbo01.example.com",
            by="crcvmail20.nm.example.com",
            with_="ESMTP",
            id="M1TjqCrJQTqFnX0aBc",
            time=ISO,
            for_=("lee@example.com",),
            address="192.0.2.11",
            helo="cvsendbo01.example.com",
        ),
    ),
    "Daum": (
        f"from mail.example.com ([192.0.2.100]) by hermes of mx24.example.net (192.0.2.24) with ESMTP id i3Q1vx for"
        f" <kim@example.net>; {TIME} (KST)",
        Received(
            from_="mail.example.com",
            by="mx24.example.net",
            with_="ESMTP",
            id="i3Q1vx",
            time=ISO,
            for_=("kim@example.net",),
            address="192.0.2.100",
            helo="mail.example.com",
        ),
    ),
    "fetchmail": (
        f"from mail.example.com [192.0.2.100]\tby desk.example.org with POP3 (fetchmail-6.4.37)\tfor <kim@localhost>"
        f" (single-drop); {TIME} (KST)",
        Received(
            from_="mail.example.com",
            by="desk.example.org",
            with_="POP3",
            id=None,
            time=ISO,
            for_=("kim@localhost",),
            address="192.0.2.100",
            helo="mail.example.com",
        ),
    ),
    "OpenSMTPD": (
        f"from mail.example.com (mail.example.com [192.0.2.100])\tby mx.example.org (OpenSMTPD) with ESMTPS id 5c1e77a2"
        f" (TLSv1.3:TLS_CHACHA20_POLY1305_SHA256:256:NO)\tfor <kim@example.org>;\t{TIME} (KST)",
        Received(
            from_="mail.example.com",
            by="mx.example.org",
            with_="ESMTPS",
            id="5c1e77a2",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.100",
            helo="mail.example.com",
            rdns="mail.example.com",
            tls="TLS 1.3, TLS_CHACHA20_POLY1305_SHA256",
        ),
    ),
    "Haraka": (
        f"from desk (desk.example.com [192.0.2.130])\tby mx.example.org (Haraka/2.8.28) with ESMTPSA id"
        f" 3E4B-11.1\tenvelope-from <lee@example.com>\ttls TLS_AES_256_GCM_SHA384; {TIME}",
        Received(
            from_="desk",
            by="mx.example.org",
            with_="ESMTPSA",
            id="3E4B-11.1",
            time=ISO,
            address="192.0.2.130",
            helo="desk",
            rdns="desk.example.com",
            tls="TLS, TLS_AES_256_GCM_SHA384",
            envelope_from="lee@example.com",
        ),
    ),
    "PowerMTA": (
        f"from desk.example.com (192.0.2.130) by pmta.example.org id h1p6cm16lt0r for <kim@example.org>; {TIME}"
        f" (envelope-from <bounce@example.org>)",
        Received(
            from_="desk.example.com",
            by="pmta.example.org",
            with_=None,
            id="h1p6cm16lt0r",
            time=ISO,
            for_=("kim@example.org",),
            address="192.0.2.130",
            helo="desk.example.com",
            envelope_from="bounce@example.org",
        ),
    ),
    "Mimecast": (
        f"from mail.example.com (mail.example.com [192.0.2.100]) by relay.example.net with ESMTP with STARTTLS"
        f" (version=TLSv1.2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id us-mta-99-abc; {TIME}",
        Received(
            from_="mail.example.com",
            by="relay.example.net",
            with_="ESMTP with STARTTLS",
            id="us-mta-99-abc",
            time=ISO,
            address="192.0.2.100",
            helo="mail.example.com",
            rdns="mail.example.com",
            tls="TLS 1.2, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        ),
    ),
    "SendGrid": (
        "by filterdrecv-1 with SMTP id filterdrecv-1-662B0B-2F 2024-04-26 01:57:59.123456789 +0000 UTC m=+1234.567890",
        Received(None, "filterdrecv-1", "SMTP", "filterdrecv-1-662B0B-2F", None),
    ),
}


@pytest.mark.parametrize("server", SERVERS)
def test_servers(server: str) -> None:
    value, received = SERVERS[server]
    assert parse_received(value) == received


@pytest.mark.parametrize(
    ("value", "received"),
    [
        (
            "from 메일.example ([2001:db8::25]) by 서버.example (Postfix) with UTF8SMTPS id 7Ä"
            f" for <김@예시.example>; {TIME}",
            Received(
                from_="메일.example",
                by="서버.example",
                with_="UTF8SMTPS",
                id="7Ä",
                time=ISO,
                for_=("김@예시.example",),
                address="2001:db8::25",
                helo="메일.example",
            ),
        ),
        (
            f"from a.example (a.example [192.0.2.1] (spf=pass; dmarc=none (p=none; dis=none))) by b.example"
            f' with ESMTP id 9 for <kim@example.org>, <"lee; (office)"@example.org>,<park@example.org>; {TIME}',
            Received(
                from_="a.example",
                by="b.example",
                with_="ESMTP",
                id="9",
                time=ISO,
                for_=("kim@example.org", '"lee; (office)"@example.org', "park@example.org"),
                address="192.0.2.1",
                helo="a.example",
                rdns="a.example",
            ),
        ),
        (
            f"from a.example by b.example with ESMTP id 9 for <multiple recipients>; {TIME}",
            Received("a.example", "b.example", "ESMTP", "9", ISO, helo="a.example"),
        ),
        (  # no semicolon
            f"from a.example ([192.0.2.1]) by b.example with ESMTP id 9 {TIME}",
            Received("a.example", "b.example", "ESMTP", "9", ISO, (), "192.0.2.1", "a.example"),
        ),
        (  # host names that are clauses elsewhere
            f"from tls ([192.0.2.1]) by group.example with SMTP id 9; {TIME}",
            Received("tls", "group.example", "SMTP", "9", ISO, (), "192.0.2.1", "tls"),
        ),
        (  # comments in comments, escapes, one that does not end
            rf"from a ((x (y)) \) [192.0.2.1]) by b (c; d) with SMTP; {TIME} (a (b",
            Received("a", "b", "SMTP", None, ISO, (), "192.0.2.1", "a", r"\)"),
        ),
        (
            f"from a ([192.0.2.999]) by b with SMTP id 9; {TIME}",
            Received("a", "b", "SMTP", "9", ISO, helo="a"),
        ),
        ("from a by b; 31 Feb 2024 10:57:59 +0900", Received("a", "b", None, None, None, helo="a")),
        ("from a by b with ESMTP id 9; Fri, 26 Apr", Received("a", "b", "ESMTP", "9", None, helo="a")),
        ("by b; 2024-04-26T10:57:59+09:00", Received(None, "b", None, None, ISO)),
        ("by b; Fri Apr 26 10:57:59 2024 +0900", Received(None, "b", None, None, ISO)),
        ("from a by b", Received("a", "b", None, None, None, helo="a")),
        ("from a;by b;x", Received("a", "b", None, None, None, helo="a")),
        ('from "a b"c by"d";x"', Received('"a b"c', '"d"', None, None, None, helo='"a b"c')),
        ("from by id ;", Received(None, None, None, None, None)),
        ("from", Received(None, None, None, None, None)),
        ("", Received(None, None, None, None, None)),
    ],
)
def test_oddities(value: str, received: Received) -> None:
    assert parse_received(value) == received


@pytest.mark.parametrize("name", SERVERS)
def test_the_short_way_and_the_long_way_agree(name: str) -> None:
    """A comment at its end sends a field the long way round; a second space after `by` does the same."""
    value, received = SERVERS[name]
    assert parse_received(value + " (x) (y (z))") == received
    assert parse_received(value.replace(" by ", "  by  ").replace("\tby ", "\t by  ")) == received


@pytest.mark.parametrize(
    "unit",
    ["(", ")", "()", ";", "from ", "x ", "with a ", '"', '"a', '\\"', "((a)", "[", "[]", "(a", "(\\", "\\", "<", "a"],
)
def test_linear(unit: str) -> None:
    assert growth(lambda size: parse_received(unit * size), 20_000) <= 2.6


@pytest.mark.parametrize(
    "unit", ["[1.1.1.1", "[a] ", "using a ", "version=a ", "helo=", "TLS: a,1bits,", "envelope-from ", "TLS1.2:", "a@"]
)
def test_linear_inside_a_comment(unit: str) -> None:
    assert growth(lambda size: parse_received(f"from a ({unit * size}) by b"), 20_000) <= 2.6


PIECES = [
    *("from", "by", "with", "id", "for", "via", "tls", "envelope-from", "of", "local", "a@b", "<a@b>,", "192.0.2.1"),
    *(
        "[192.0.2.1]",
        "[IPv6:2001:db8::1%eth0]",
        "helo=[x]",
        "HELO x",
        "(",
        ")",
        '"',
        "\\",
        ";",
        " ",
        "\t",
        ",",
        "[",
        "]",
    ),
    *("(using TLSv1.3 with cipher X (1/1 bits))", "(version=a cipher=b)", "(TLS: a,1bits,b)", "encrypted", "키"),
    *(
        "Fri, 26 Apr 2024 10:57:59 +0900",
        "2024-04-26T10:57:59Z",
        "envelope-from <>",
        "/TLS/",
        "TLS1.2:x",
        "\0",
        "\ud800",
    ),
]


def test_nothing_raises() -> None:
    """Ten thousand fields of pieces in any order; what is read is text, and found in the field."""
    random = Random(4)
    for _ in range(10_000):
        value = "".join(random.choices(PIECES, k=random.randrange(1, 30)))
        received = parse_received(value)
        for found in (received.from_, received.id, received.helo, received.rdns, received.envelope_from):
            assert found is None or found in value


def test_linear_where_the_short_way_fails_at_its_end() -> None:
    def work(size: int) -> object:
        comment = f" ({'x' * size})"
        trace = f"from a{comment} (using x with cipher y (1/1 bits){'x' * size}){comment} by b{comment} with c{comment}"
        return parse_received(f'{trace} tls d{comment}{comment} id e{comment} for <{"f" * size}>; {"x" * size} "')

    assert growth(work, 100_000) <= 2.6


def test_a_line_of_a_megabyte() -> None:
    value = "from a " + "(" * 10_000 + "x" * 1_000_000 + ")" * 10_000 + f" by b with SMTP id 9; {TIME}"
    assert parse_received(value) == Received("a", "b", "SMTP", "9", ISO, helo="a")
    recipients = ", ".join(f"<user{number}@example.org>" for number in range(50_000))
    received = parse_received(f"from a by b with SMTP id 9 for {recipients}; {TIME}")
    assert (received.id, received.for_[:2]) == ("9", ("user0@example.org", "user1@example.org"))
    assert len(received.for_) < 1_000
