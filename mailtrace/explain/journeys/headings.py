"""What stands above the steps of each hop, and at the end of a journey for each recipient."""

from __future__ import annotations

from collections.abc import Iterator

from mailtrace.explain.draft import Draft
from mailtrace.explain.journeys.summary import (
    BROKEN_OFF,
    hop_names,
    made_there,
    outcome_word,
    recipient_outcome,
    refused_for_now,
)
from mailtrace.explain.texts import SECOND_NS, between, has_text, seconds, text
from mailtrace.mail.naming import Naming
from mailtrace.model import NO_TIME, Conversation, Evidence, EvidenceKind, Hop, HopKind, Journey, Side, StepKind
from mailtrace.model.language import renamed


class Headings:
    """Writes the headings of one journey; what a kind of hop means is said once."""

    def __init__(self, journey: Journey, naming: Naming) -> None:
        self._journey = journey
        self._naming = naming
        self._explained: set[str] = set()

    def hop(self, place: int, conversation: Conversation | None, time_ns: int) -> Draft:
        """Return where the mail goes, why it is the same mail, and what changed; `time_ns` is when the hop begins."""
        hop = self._journey.hops[place]
        sender, receiver = hop_names(hop, self._naming)
        says = [self._where(place, conversation), *self._taken(hop), *self._since(hop)]
        means = [self._once(f"hop.{_kind(hop)}.meaning"), self._once("hop.changed.meaning") if hop.changes else ""]
        return Draft(StepKind.HOP, Side.CLIENT, sender, receiver, [], time_ns, 0, says, means)

    def outcomes(self) -> Iterator[Draft]:
        """Yield for each recipient how it ended, and how that is known."""
        for recipient in self._journey.recipients:
            outcome = recipient_outcome(self._journey, recipient).says
            says = [text("outcome.line", address=recipient.address, outcome=outcome)]
            says += [self._named(recipient.because)] if recipient.because else []
            hop = self._journey.hops[recipient.hop] if recipient.hop is not None else None
            names = hop_names(hop, self._naming) if hop is not None else ("", "")
            time_ns = hop.time_ns if hop is not None and hop.time_ns is not None else NO_TIME
            means = [self._once(f"outcome.{outcome_word(self._journey, recipient)}.meaning")]
            yield Draft(StepKind.OUTCOME, Side.CLIENT, *names, [], time_ns, 0, says, means)

    def _where(self, place: int, conversation: Conversation | None) -> str:
        hop = self._journey.hops[place]
        sender, receiver = hop_names(hop, self._naming)
        told = text(f"hop.{_kind(hop)}", number=place + 1, sender=sender, receiver=receiver)
        if conversation is None:
            return text("hop.not-captured", hop=told)
        users = [login.user for login in conversation.dialogue.logins if login.accepted and login.user]
        key = "hop.in.user" if users else "hop.in"
        return text(key, hop=told, conversation=called(conversation), user=users[0] if users else "")

    def _taken(self, hop: Hop) -> Iterator[str]:
        """Yield how long after the hop before it was, and under which number the mail was taken."""
        before = self._journey.hops[hop.before] if hop.before is not None else None
        facts = []
        if before is not None and before.time_ns is not None and hop.time_ns is not None:
            pause = between(before.time_ns, hop.time_ns)
            captured = before.conversation is not None and hop.conversation is not None
            if pause >= 0:
                by_clock = "hop.after.clock" if pause >= SECOND_NS else "hop.after.clock.same"
                told = seconds(pause) if captured else f"{pause // SECOND_NS:,}"  # a stamp has whole seconds
                key = "hop.after" if captured else by_clock
                facts.append(text(key, duration=told, number=(hop.before or 0) + 1))
        if hop.queue_id:
            facts.append(text("hop.queue-id", receiver=hop_names(hop, self._naming)[1], queue_id=hop.queue_id))
        if facts:
            yield " ".join(facts)

    def _since(self, hop: Hop) -> Iterator[str]:
        """Yield what joins a hop to the one it continues, and what is new."""
        if hop.before is None or hop.conversation is None:
            return
        reasons = [each for each in hop.evidence if each.kind is not EvidenceKind.TIME] or hop.evidence
        if reasons:
            yield text("hop.evidence", number=hop.before + 1, score=hop.score)
            yield from (text("hop.because", reason=self._reason(reason)) for reason in reasons)
        if hop.changes:
            yield text("hop.changes", number=hop.before + 1)
            yield from (text("hop.because", reason=change) for change in hop.changes)

    def _reason(self, evidence: Evidence) -> str:
        """Return why it is the same mail; what a Received line says is quoted, and stays as it is."""
        return evidence.detail if evidence.kind is EvidenceKind.RECEIVED else self._named(evidence.detail)

    def _named(self, sentence: str) -> str:
        """Return a sentence with the hosts of this journey by their names."""
        for address in {host for hop in self._journey.hops for host in (hop.sender, hop.receiver) if host}:
            if address in sentence:
                sentence = renamed(sentence, address, self._naming.of(address))
        return sentence

    def _once(self, key: str) -> str:
        """Return a sentence the first time, later ''."""
        if key in self._explained or not has_text(key):
            return ""
        self._explained.add(key)
        return text(key)


def _kind(hop: Hop) -> str:
    """Return by which word texts call a kind of hop."""
    if hop.kind is HopKind.DEFERRED and not refused_for_now(hop):
        return BROKEN_OFF
    if made_there(hop):
        return "made" if hop.before is None else "again"
    return hop.kind.value


def called(conversation: Conversation) -> str:
    """Return what a conversation is called: `SMTP conversation 5`."""
    return text("conversation", protocol=conversation.protocol.upper(), id=conversation.id)
