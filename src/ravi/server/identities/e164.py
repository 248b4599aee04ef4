"""
Numbers as the world writes them, in the one form that is stored: E.164.

What a number is comes from libphonenumber's tables. Numbers that regulators reserve for fiction are possible numbers
that nobody has, so `is_possible_number` decides, not `is_valid_number`.
"""

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

_SHORT_CODE = re.compile(r"[0-9]{3,8}")
#: In characters: a word may stand for a sender.
LONGEST_SENDER = 64


def parse_number(text: str) -> str:
    """Return the number that *text* says, with its country code, in E.164. Raises ValueError."""
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        raise ValueError("must be a number with its country code, such as +12025550123") from None
    if not phonenumbers.is_possible_number(number) or number.extension:
        raise ValueError("is not a number that anybody could have")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def parse_recipient(text: str) -> str:
    """Return whom a text goes to: a number in E.164, or a short code as it is. Raises ValueError."""
    bare = text.strip()
    return bare if _SHORT_CODE.fullmatch(bare) else parse_number(bare)


def country_of(number: str) -> str:
    """Return the ISO 3166 code of a number's country; "" where several share a code and it is none of them."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except NumberParseException:
        return ""


def read_sender(text: str, own_number: str) -> str:
    """
    Return who sent a text, as the network of *own_number* says it: E.164 if it is a number, else what was sent.

    Never empty. Characters that cannot be seen become U+FFFD, so that two senders that differ stay different.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text).strip()[:LONGEST_SENDER]
    if not shown:
        return "unknown"
    digits = re.sub(r"[\s().\-\u2010-\u2015/]", "", shown)
    if not re.fullmatch(r"\+?[0-9]+", digits) or _SHORT_CODE.fullmatch(digits):
        return digits if _SHORT_CODE.fullmatch(digits) else shown
    try:
        number = phonenumbers.parse(digits, country_of(own_number) or None)
    except NumberParseException:
        return shown
    if not phonenumbers.is_possible_number(number):
        return shown
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_dialable(sender: str) -> bool:
    """Whether a sender, as `read_sender` returned it, is a number or a short code: something one can write to."""
    return sender.removeprefix("+").isascii() and sender.removeprefix("+").isdigit()
