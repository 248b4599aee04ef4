"""
What a stranger says about himself, made fit to be shown to a person. Pure functions.

Anyone may start a device sign-in, so host name and workspace are an attacker's words on a page that asks its
reader for trust. Escaping keeps them from being markup; this keeps them from being anything but one short line.
"""

import unicodedata

from ravi.server.login.records import Asker

LONGEST_HOSTNAME = 80
LONGEST_WORKSPACE = 200


def described(hostname: str, workspace: str, address: str) -> Asker:
    """Return who asks, as it may be stored and shown."""
    return Asker(one_line(hostname, LONGEST_HOSTNAME), one_line(workspace, LONGEST_WORKSPACE), address)


def one_line(text: str, longest: int) -> str:
    """
    Return *text* as one line of at most *longest* visible characters, with an ellipsis where it was cut.

    Control characters, line breaks and the invisible ones that reorder or hide text (Unicode categories C*)
    become blanks; runs of blanks become one.
    """
    # Cut first: normalising a megabyte that nobody will see is work for an attacker's pleasure.
    visible = (
        " " if unicodedata.category(character)[0] in "CZ" else character
        for character in unicodedata.normalize("NFC", text[: longest * 4])
    )
    line = " ".join("".join(visible).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
