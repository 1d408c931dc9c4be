"""What can be replaced besides secrets, as the command line names it."""

from __future__ import annotations

ADDRESSES, NAMES, HOSTS, SUBJECTS, BODIES = "addresses", "names", "hosts", "subjects", "bodies"

FIELDS: dict[str, str] = {
    ADDRESSES: "mail addresses before their @, and IP and MAC addresses",
    NAMES: "names of people, and the names with which they log in",
    HOSTS: "names of hosts and domains, also those of mail addresses and in DNS and TLS",
    SUBJECTS: "subjects of mails",
    BODIES: "what stands in mails below their head, attachments and the names of their files included",
}
"""Each field with what it means. What is alike stays alike: the same word gets the same replacement everywhere."""

Fields = frozenset[str]
"""Some of `FIELDS`; none means secrets alone."""
