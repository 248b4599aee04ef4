"""
Texts as octets, both ways: alphabets, and the header by which a phone knows the parts of a long text.

What comes in is read leniently, because it cannot be asked for again: an SMSC that says one alphabet and sends another
is common, and a wrong letter is better than a lost code. What goes out is in the default alphabet if it can be, else in
UCS-2; both are what every phone can show.
"""

import struct
from dataclasses import dataclass, field

from ravi.server.phone.carriers.smpp.pdu import SAR_NUMBER, SAR_REFERENCE, SAR_TOTAL, Delivery, Piece
from ravi.server.phone.carriers.smpp.setup import Alphabet
from ravi.server.phone.segments import GSM_ALPHABET, GSM_ESCAPE, GSM_EXTENSION, count, split

_UDH = 0x40
#: SMPP 3.4 section 5.2.19. 0 is what the SMSC takes for its default.
_CODECS = {
    3: "latin-1",
    5: "shift_jis",
    6: "iso8859-5",
    7: "iso8859-8",
    8: "utf-16-be",
    10: "iso2022_jp",
    13: "iso2022_jp_1",
    14: "euc_kr",
}
_BINARY = (2, 4)
#: Of 3GPP TS 23.040 section 9.2.3.24: a part of a long text, with a reference of one octet and of two.
_PART, _WIDE_PART = 0x00, 0x08

_CODES = {character: bytes([code]) for code, character in enumerate(GSM_ALPHABET)}
_CODES |= {character: bytes([GSM_ESCAPE, code]) for code, character in GSM_EXTENSION.items()}


@dataclass(frozen=True, slots=True)
class Content:
    """What a delivery brings: octets of one text. `number` of `total` parts, counted from 1, that share `reference`."""

    octets: bytes = field(repr=False)
    data_coding: int
    reference: str = ""
    number: int = 1
    total: int = 1


def content_of(delivery: Delivery) -> Content:
    """Tell the text from its headers. What claims to be a part and cannot be one is a text of its own."""
    reference, number, total, octets = "", 1, 1, delivery.octets
    if delivery.esm_class & _UDH and octets and octets[0] < len(octets):
        header, octets = octets[1 : octets[0] + 1], octets[octets[0] + 1 :]
        reference, number, total = _concatenation(header)
    elif {SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER} <= delivery.options.keys():
        whole, which = delivery.options[SAR_TOTAL], delivery.options[SAR_NUMBER]
        reference = f"sar{delivery.options[SAR_REFERENCE].hex()}"
        number, total = int.from_bytes(which, "big"), int.from_bytes(whole, "big")
    if not 1 < total <= 255 or not 1 <= number <= total:
        reference, number, total = "", 1, 1
    return Content(octets, delivery.data_coding, reference, number, total)


def _concatenation(header: bytes) -> tuple[str, int, int]:
    """Return reference, number and total as a user data header says them; ("", 1, 1) if it does not."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if kind == _PART and len(value) == 3:
            return f"8bit{value[0]}", value[2], value[1]
        if kind == _WIDE_PART and len(value) == 4:
            return f"16bit{struct.unpack('!H', value[:2])[0]}", value[3], value[2]
        at += 2 + length
    return "", 1, 1


def decode(octets: bytes, data_coding: int, alphabet: Alphabet) -> str:
    """Return the text. Never raises; what is no letter is U+FFFD, and what is no text is shown as its octets."""
    kind = _kind(data_coding)
    if kind in _BINARY:
        return f"(data, {len(octets)} octets: {octets[:200].hex()}{'…' if len(octets) > 200 else ''})"
    if kind == 1:
        # ASCII by the standard. Some SMSCs mean the alphabet of phones, which has letters where ASCII has controls.
        return octets.decode("ascii") if _is_ascii(octets) else _default(octets, "gsm-7")
    if kind in _CODECS:
        return octets.decode(_CODECS[kind], "replace").rstrip("\0")
    return _default(octets, alphabet)


def _kind(data_coding: int) -> int:
    """One of SMPP's numbers. From 0x10 on they are 3GPP's (TS 23.038 section 4), whose bits say the alphabet."""
    if data_coding < 0x10:
        return data_coding
    if data_coding < 0x40 or data_coding >= 0xF0:
        return {0: 0, 1: 4, 2: 8}.get(data_coding >> 2 & 3, 0)
    return 8 if data_coding >= 0xE0 else 0


def _is_ascii(octets: bytes) -> bool:
    return all(0x20 <= octet < 0x7F or octet in b"\n\r\t" for octet in octets)


def _default(octets: bytes, alphabet: Alphabet) -> str:
    if alphabet == "gsm-7" and all(octet < 0x80 for octet in octets):
        return _septets(octets)
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _septets(octets: bytes) -> str:
    """One septet in each octet, as SMPP has them. An unknown letter of the extension is the one of the alphabet."""
    letters: list[str] = []
    escaped = False
    for octet in octets:
        if octet == GSM_ESCAPE:
            escaped = True
            continue
        letters.append(GSM_EXTENSION.get(octet, GSM_ALPHABET[octet]) if escaped else GSM_ALPHABET[octet])
        escaped = False
    return "".join(letters)


def pieces_of(body: str, alphabet: Alphabet, reference: int) -> list[Piece]:
    """Return what *body* is sent as. *reference*, of one octet, is what its parts have in common."""
    septets = count(body).encoding == "gsm-7"
    if septets and alphabet == "latin-1":
        septets = all(ord(character) < 0x100 for character in body)
    parts = split(body, None if septets else "ucs-2")
    pieces: list[Piece] = []
    for number, part in enumerate(parts, 1):
        header = bytes([5, _PART, 3, reference, len(parts), number]) if len(parts) > 1 else b""
        pieces.append(Piece(header + _encode(part, septets, alphabet), ucs2=not septets, headed=bool(header)))
    return pieces


def _encode(part: str, septets: bool, alphabet: Alphabet) -> bytes:
    if not septets:
        return part.encode("utf-16-be", "replace")
    if alphabet == "latin-1":
        return part.encode("latin-1")
    return b"".join(_CODES[character] for character in part)
