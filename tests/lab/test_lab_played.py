"""Each scenario played with real servers; what mailtrace tells of it, and what clients and servers wrote down."""

from __future__ import annotations

import hashlib

from maillab.scenarios import mails

from tests.lab.played import Played, heard_codes, needs_lab, seconds_to_greeting, statuses

pytestmark = needs_lab

EVERYTHING_FETCHED = [("park@nate.example", "fetched")]


def both_agree(played: Played) -> None:
    """Every call of a client is a conversation, and in clear it has the same answers, as often as they were heard."""
    by_port = {(one["client"]["address"], one["client"]["port"]): one for one in played.results["conversations"]}
    for call in played.said:
        conversation = by_port[tuple(call["local"])]
        if conversation["protocol"] == "smtp" and not conversation["tls"]:
            replies = [reply["status"] for turn in conversation["turns"] for reply in turn["replies"]]
            assert sorted(replies) == sorted(heard_codes(call))


def test_journey(played: Played) -> None:
    both_agree(played)
    assert played.journeys == [
        ("test", "lee@naver.com", [("kim@daum.net", "fetched")]),
        ("Re: test", "kim@daum.net", [("lee@naver.com", "fetched")]),
    ]
    submission, relay, reply, back = played.spoken("smtp")
    assert 1.0 < seconds_to_greeting(submission) < 3.0
    assert 1.0 < seconds_to_greeting(relay) < 3.0
    assert 6.0 < seconds_to_greeting(reply) < 8.0
    ids = [one["transactions"][0]["queue_id"] for one in (submission, relay, reply, back)]
    assert len(set(ids)) == 4
    assert set(ids) == played.queue_ids
    assert [len(played.spoken(name)) for name in ("pop3", "ident")] == [2, 4]
    assert [one["hops"][-1]["kind"] for one in played.results["journeys"]] == ["retrieved", "retrieved"]


def test_ident_drop(played: Played) -> None:
    both_agree(played)
    assert played.journeys == [("tes", "lee@naver.com", [("kim@daum.net", "accepted")])]
    submission, relay = played.spoken("smtp")
    assert 5.0 < seconds_to_greeting(submission) < 7.0
    assert 1.0 < seconds_to_greeting(relay) < 3.0
    assert {one["transactions"][0]["queue_id"] for one in (submission, relay)} == played.queue_ids


def test_starttls(played: Played) -> None:
    opened = [one for one in played.results["conversations"] if one["tls"] and one["decrypted"]]
    dark = [one for one in played.results["conversations"] if one["tls"] and not one["decrypted"]]
    assert [one["server"]["port"] for one in opened] == [25, 25, 465, 587, 995, 995, 110, 993, 143]
    agreed = [line[2].split()[0] for call in played.said for line in call["log"] if line[1] == "T"]
    assert agreed == ["TLSv1.3", "TLSv1.2", "TLSv1.3", "TLSv1.3", "TLSv1.3", "TLSv1.2", "TLSv1.3", "TLSv1.3", "TLSv1.2"]
    assert [one["tls"]["version"].replace("TLS ", "TLSv") for one in opened] == agreed
    assert [one["server"]["address"] for one in dark] == ["192.168.111.200"] * 4
    submitted = {one["transactions"][0]["queue_id"] for one in opened if one["protocol"] == "smtp"}
    assert len(submitted) == 4
    assert submitted < played.queue_ids
    assert [subject for subject, _, _ in played.journeys] == [
        "STARTTLS 1.3 시험",
        "STARTTLS 1.2 시험",
        "SMTPS 465 시험",
        "Submission 587 시험",
    ]


def test_imap(played: Played) -> None:
    both_agree(played)
    lee, kim = played.spoken("imap")
    verbs = [verb for verb, _ in statuses(lee)]
    assert verbs[:10] == [
        None,
        *["CAPABILITY", "LOGIN", "ID", "NAMESPACE", "LIST", "CREATE", "LIST", "STATUS", "SELECT"],
    ]
    assert verbs[-8:] == ["IDLE", "FETCH", "SELECT", "FETCH", "MOVE", "CLOSE", "FOO", "LOGOUT"]
    assert [answer for verb, answer in statuses(lee) if answer != "OK"] == ["BAD"]
    assert statuses(kim) == [
        (None, "OK"),
        ("LOGIN", "NO"),
        ("BOGUS", "BAD"),
        ("SELECT", "BAD"),
        ("LOGOUT", "OK"),
    ]
    assert [login["accepted"] for login in (*lee["logins"], *kim["logins"])] == [True, False]
    assert {"첫째 메일", "보낸 편지", "IDLE 중에 온 메일"} <= {subject for subject, _, _ in played.journeys}


def test_logins(played: Played) -> None:
    """Real servers believe what our clients compute, and mailtrace sees who logged in by which mechanism."""
    both_agree(played)
    logins = [
        (one["protocol"], each["mechanism"], each["user"], each["accepted"])
        for one in played.results["conversations"]
        for each in one["logins"]
    ]
    assert logins == [
        ("smtp", "PLAIN", "lee", True),
        ("smtp", "PLAIN", "kim", False),
        ("smtp", "PLAIN", "kim", True),
        ("smtp", "LOGIN", "lee", True),
        ("smtp", "CRAM-MD5", "lee", True),
        ("smtp", "DIGEST-MD5", "kim", True),
        ("smtp", "SCRAM-SHA-256", "lee", True),
        ("pop3", "USER", "lee", True),
        ("pop3", "APOP", "lee", True),
        ("pop3", "CRAM-MD5", "kim", True),
        ("pop3", "SCRAM-SHA-1", "kim", True),
        ("imap", "LOGIN", "lee", True),
        ("imap", "LOGIN", "kim", True),
        ("imap", "PLAIN", "park", True),
        ("imap", "LOGIN", "park", True),
        ("imap", "CRAM-MD5", "lee", True),
        ("imap", "SCRAM-SHA-256", "kim", True),
    ]


def test_errors(played: Played) -> None:
    both_agree(played)
    commands, addresses, large, early, accepted, refused = (statuses(one) for one in played.spoken("smtp"))
    assert commands[1:-2] == [
        ("MAIL", "503"),
        ("EHLO", "250"),
        ("BOGUS", "500"),
        ("RCPT", "503"),
        ("DATA", "503"),
        ("MAIL", "501"),
        ("MAIL", "555"),
    ]
    assert [answer for verb, answer in addresses if verb == "RCPT"] == ["553", "550", "550"]
    assert [answer for verb, answer in large if verb in ("MAIL", "DATA")] == ["552", "250", "552"]
    assert (None, "554") in early
    assert [answer for verb, answer in accepted if verb == "RCPT"] == ["250"]
    assert [answer for verb, answer in refused if verb == "RCPT"] == ["550"]
    assert ("ghost", "lee@naver.com", [("ghost@daum.net", "bounced")]) in played.journeys
    (fetching,), (looking,) = played.spoken("pop3"), played.spoken("imap")
    assert [verb for verb, answer in statuses(fetching) if answer == "-ERR"] == ["LIST", "PASS", "RETR", "FOO", "DELE"]
    assert [answer for _, answer in statuses(looking) if answer != "OK"] == ["NO", "NO", "BAD", "BAD"]
    assert [one["closed"] for one in played.spoken("unknown")] == ["rst"]


def test_greylist(played: Played) -> None:
    both_agree(played)
    assert played.journeys == [("회색 목록", "lee@naver.com", EVERYTHING_FETCHED)]
    submission, *attempts = played.spoken("smtp")
    assert [answer for one in attempts for verb, answer in statuses(one) if verb == "RCPT"] == ["450", "450", "250"]
    assert {submission["transactions"][0]["queue_id"], attempts[2]["transactions"][0]["queue_id"]} <= played.queue_ids


def test_chunking(played: Played) -> None:
    both_agree(played)
    sent = [hashlib.sha256((mails.FILES / f"m{number:02}.eml").read_bytes()).hexdigest() for number in range(1, 18)]
    complete = [one for one in played.results["messages"] if one["direction"] == "submitted" and one["complete"]]
    assert [one["sha256"] for one in complete if one["conversation"] != 0][:17] == sent
    fetched = [outcome for _, _, recipients in played.journeys for _, outcome in recipients if outcome == "fetched"]
    assert len(fetched) == 17
    accepted = [one["queue_id"] for talk in played.spoken("smtp") for one in talk["transactions"] if one["queue_id"]]
    assert len(accepted) == 18
    assert set(accepted) <= played.queue_ids


def test_dnsauth(played: Played) -> None:
    both_agree(played)
    judged = [one["authentication"] for one in played.results["messages"] if one["direction"] == "submitted"]
    assert [one["spf"]["result"] for one in judged] == ["pass"] * 5
    assert [[one["result"] for one in each["dkim"]] for each in judged] == [
        ["pass"],
        ["pass"],
        ["fail"],
        ["permerror"],
        [],
    ]
    assert [one["transactions"][0]["status"] for one in played.spoken("smtp")] == [
        *("250", "250", "550", "250", "250"),
        *("550", "550"),
    ]
    accepted = [one["transactions"][0]["queue_id"] for one in played.spoken("smtp")]
    assert {name for name in accepted if name} == played.queue_ids
    assert [outcome for _, _, ((_, outcome),) in played.journeys] == [
        *("fetched", "fetched", "rejected", "fetched", "fetched"),
        *("rejected", "rejected"),
    ]


def test_fan_out(played: Played) -> None:
    both_agree(played)
    subject, sender, recipients = played.journeys[0]
    assert (subject, sender) == ("모두에게", "lee@naver.com")
    assert dict(recipients) == {
        "kim@daum.net": "fetched",
        "team@daum.net": "fetched",
        "ghost@daum.net": "bounced",
        "park@nate.example": "fetched",
        "hong@nate.example": "fetched",
        "lee@naver.com": "fetched",
    }
    ids = [one["queue_id"] for talk in played.spoken("smtp") for one in talk["transactions"] if one["queue_id"]]
    assert len(ids) == 5
    assert set(ids) <= played.queue_ids
