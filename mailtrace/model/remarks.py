"""Texts that rooms write in English because they have to be fast, or stand before all that could be chosen: remarks.

They say what was odd about a capture or broke a rule, and are written while octets are read. Where people are shown
them they are recognised by their templates and said anew. `tests/test_language.py` holds that none is missing here.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mailtrace.model.language import language, said

REMARK_LIMIT = 2_000
"""Characters of a text that is recognised: remarks are sentences."""

REMARKS: tuple[str, ...] = (
    # notes about the file
    "packets of interfaces the file does not describe are left out",
    "the captured length is longer than the block that has the packet",
    "the time does not fit between the years 1678 and 2262: the nearest time is shown",
    "the fraction of the time is a second or more: it is carried over",
    "the file is cut in the file header, at byte {place}",
    "the file is cut in a second file header, at byte {place}",
    "only the first {count} of the joined files are read: merge them into one",
    "another pcap file begins at byte {place}: it is read as a continuation",
    "the file is cut at byte {place}, in the record header of packet {number}: {missing} octets are missing",
    "the file is cut at byte {place}, in the record body of packet {number}: {missing} octets are missing",
    "damage at byte {place}: what is there is no record, and no record follows",
    "damage at byte {place}: what is there is no record, and the search for more was given up",
    "damage at byte {place}: what is there is no block, and no block follows",
    "damage at byte {place}: what is there is no block, and the search for more was given up",
    "damage at byte {place}: what is there is no record; {lost} octets are passed over",
    "damage at byte {place}: a record claims to be longer than the rest of the file; {lost} octets are passed over",
    "damage at byte {place}: what is there is no block; {lost} octets are passed over",
    "the file says it is of version {version} of the pcap format; it is read as version 2.4",
    "a section says it is of version {version} of the pcapng format; it is read as version 1.0",
    "reserved bits of the link type are set ({bits}): they are ignored",
    "link type {number} is not known",
    "link type {type} of interface {number} is not known",
    "packets that were lost while this was captured: {count}",
    "reading stopped at byte {place}: {why}",
    "more octets captured than were on the wire, it says",
    "nothing of the packet was captured",
    "the capture's clock went back by more than a second; the order in the file is kept",
    "only the first {count} sections of the file are read: merge them into one",
    "{count} octets are too few for a block of type {type}: it is left out",
    "the file describes more than {count} interfaces: packets of the others are left out",
    "the resolution or offset of time on interface {number} makes no sense: its times are unknown",
    "more than {count} blocks that are no packets: packet numbers fall behind Wireshark's",
    "the file is cut at byte {place}, inside a block",
    "blocks mailtrace does not read: {kinds}",
    "another file took the place of the one that is followed, and was read on: {count}",
    "the file was emptied while it was followed, and read on from its new beginning: {count}",
    "and {count} more notes of this kind",
    "the file has more comments than are kept",
    "only the first {count} names in the file are kept",
    "the file carries secrets that decrypt its traffic",
    "the file has secrets that are not for TLS, but for {kind}: they are not used",
    "the file has more secrets than are kept",
    "secrets stand behind packets in the file: they open what comes after them",
    "the octets after the end of the {format} data are ignored",
    "the {format} data is cut before its end after {count} unpacked octets: only those are used",
    "the {format} data is damaged ({why}) after {count} unpacked octets: only those are used",
    (
        "unpacking stopped after {count} octets, more than {ratio} times the {format} data read: if the file "
        "is trusted, unpack it first and analyze the result"
    ),
    # notes about packets and keys
    "IP fragments that say something else than an earlier one about the same octets: {count}",
    (
        "IP fragments that say something else than an earlier one about the same octets: {count} (first "
        "packet {one}, then packet {other})"
    ),
    "IP fragments that cannot be of one packet, or of any, and were left out: {count}",
    "IP packets that are not whole, because fragments of them are missing: {count}",
    "too many IP packets waited for fragments at once: {count} were let go early",
    "{count} lines among the keys for TLS are no keys: they are passed over",
    "more keys for TLS than are kept: {count} are left out",
    "packets of which only the beginning was captured: {count}",
    "packets that could not be read to their end: {count} ({kinds})",
    "copies of packets captured before, by another interface for instance, are left out: {count}",
    "too many streams at once: {count} were let go early, and may appear cut in two",
    "journeys are told of the first {count} mails; left out: {more}",
    (
        "the summary has room for the first {count} conversations, {more} more are left out: record with -w "
        "and analyze the file, or take --format jsonl"
    ),
    # notes about a live capture
    "packets for which the analysis was too slow, and which it left out: {count}",
    "holes in conversations at moments at which packets were lost: {count}",
    "interface {name} went down: it is heard again when it comes up",
    "interface {name} is gone: nothing more is captured on it",
    "the system gives {size} KB for packets that wait: under load some may be lost",
    "dumpcap says: {words}",
    "{file} ends early, since nothing more can be written ({why}); what it has is whole",
    # why TLS could not be read, and what is wrong with certificates
    "the handshake was not captured whole",
    "its keys are not known",
    "its keys do not fit",
    "what came at last was no TLS",
    "{what} is not decrypted by mailtrace",
    "its records are compressed, which is not undone by mailtrace",
    "it has {count} octets: that is more than mailtrace reads",
    "it is no certificate that can be read",
    "not to be read: {parts}",
    # broken rules
    "{message} cannot be read, or not all of it",
    "the last line has no end",
    "more than {count} questions wait; the oldest is taken for unanswered",
    "more than {count} questions wait for an answer; the oldest is taken for unanswered",
    "the question is not two port numbers with a comma between",
    "{ports}: a port number is from 1 to 65535",
    "an answer came that no question asked for",
    "the answer lacks a part: ports : USERID : system : user",
    "the answer is neither USERID nor ERROR",
    "asked about {asked}, answered about {answered}",
    "the user name has {count} octets, more than {most}",
    "the answer has {count} octets, more than {most}",
    "a command of the client reads XXXX: STARTTLS was overwritten on the way",
    "an offer of the server reads XXXX: STARTTLS was overwritten on the way",
    "the server greets the client as logged in, so that it may not ask for TLS any more",
    "the server offers {verb} and does not know it when it is asked",
    "{service} on port {port} (nobody's)",
    "something that mailtrace does not know on port {port} ({purpose})",
    "{service} in clear on port {port} ({purpose})",
    "{service} on port {port} ({purpose})",
    "the client speaks {service}, not {expected}",
    "the server speaks {service}, not {expected}",
    "the header of the proxy is broken: {faults}",
    (
        "as the server read it, {octets} ended the mail, and what follows was one more: from {sender} to "
        "{recipients}, accepted"
    ),
    "the message holds {octets}, which some servers take for its end",
    "the message holds {octets}, which some programs take for its end",
    "{announced} octets were announced, {came} came",
    "label type {type} at octet {place} is not defined",
    "the name at octet {place} runs past the end of the message",
    "the name at octet {place} is longer than {most} octets",
    "the compression pointer to octet {place} does not lead back to an earlier name",
    "{count} octets follow the fields of the {type} record",
    "the {type} record is too short for its fields",
    "the {type} record cannot be read: {why}",
    "the header promises {count} entries, which could not all be read",
    "{count} octets follow the last record",
    "the {type} record claims {count} octets too many",
    "there is more than one OPT record",
    "the EDNS options do not fill their record exactly",
    "the stream ends {count} octets before the message does",
    "{count} octets are too few for a DNS header, which has 12",
    "a request without a question",
    "{count} questions in one message; the first is told",
    "asked for {name}, answered for {other}: some take that for forged",
    "no captured question has id {id} and asks for {name}",
    "an answer that tells neither question nor record",
    "the first {count} records of a zone transfer are told, the others are not",
    "a second answer for {question} differs from the first, which is the one told",
)
"""Templates of remarks: the first that fits counts."""

AROUND: tuple[str, ...] = (
    "{remark} ({count} times so far)",
    "{remark} ({count} packet)",
    "{remark} ({count} packets)",
    "{remark}: {octets}",
)
"""Templates of what stands around another remark, which is their field `remark`."""


def remark(text: str) -> str:
    """Return a text of a room that writes English in the language that is spoken; unchanged where it is not known."""
    if language() == "en" or not text or len(text) > REMARK_LIMIT:
        return text
    told = _recognised(text, REMARKS)
    if told is not None:
        return told
    for template, shape in _shapes(AROUND):
        found = shape.fullmatch(text)
        if found is not None:
            inner = _recognised(found["remark"], REMARKS) or said(found["remark"])
            return said(template, **{**found.groupdict(), "remark": inner})
    return said(text)


def _recognised(text: str, templates: tuple[str, ...]) -> str | None:
    """Return a text said anew by its template, None where it has none."""
    for template, shape in _shapes(templates):
        found = shape.fullmatch(text)
        if found is not None:
            return said(template, **found.groupdict())
    return None


@lru_cache(maxsize=2)
def _shapes(templates: tuple[str, ...]) -> list[tuple[str, re.Pattern[str]]]:
    """Return templates with what finds their fields in a text."""
    return [(template, re.compile(_shape(template), re.DOTALL)) for template in templates]


def _shape(template: str) -> str:
    """Return a template as a regular expression, its fields as groups."""
    pieces = re.split(r"\{(\w+)\}", template)
    return "".join(f"(?P<{each}>.+?)" if at % 2 else re.escape(each) for at, each in enumerate(pieces))
