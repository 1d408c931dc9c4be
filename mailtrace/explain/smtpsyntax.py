"""The pieces of SMTP's grammar that an explanation needs: paths, parameters, names. Source: RFC 5321 section 4.1.2."""

from __future__ import annotations


def path(argument: str) -> str:
    """Return the address of `FROM:<address> ...` or `TO:<address> ...`; '' for the null path `<>`."""
    inside = argument.partition(":")[2].strip() if ":" in argument else argument
    if not inside.startswith("<"):
        return inside.split(" ")[0]
    return inside[1 : _path_end(inside)]


def parameters(argument: str) -> list[tuple[str, str]]:
    """Return the ESMTP parameters behind a path as name and value, the value '' where there is none."""
    inside = argument.partition(":")[2].strip()
    behind = inside[_path_end(inside) + 1 :] if inside.startswith("<") else inside.partition(" ")[2]
    words = behind.split()
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


def _path_end(inside: str) -> int:
    """Return the index of the closing bracket outside quotes, the length where there is none."""
    quoted = False
    for index, character in enumerate(inside):
        if character == '"' and inside[index - 1] != "\\":
            quoted = not quoted
        elif character == ">" and not quoted:
            return index
    return len(inside)


def address_shown(address: str) -> str:
    """Return an address, or `<>` where it is empty."""
    return address or "<>"


def hello_name(argument: str) -> str:
    """Return the name in a HELO or EHLO."""
    return argument.split(" ")[0]


def is_full_name(name: str) -> bool:
    """Tell whether a hello's name is a full domain name or an address literal, as RFC 5321 section 4.1.1.1 asks for."""
    return name.startswith("[") or "." in name.strip(".")
