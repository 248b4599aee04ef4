"""
From bytes to text, whatever charset they claim to be in.

Nothing here asks `codecs` for a name that a message chose: Python imports and remembers a module for each, and some of
its codecs are no charsets or take quadratic time.
"""

import re
from encodings import aliases, normalize_encoding

#: Codecs of Python that are no charset, or slow (punycode and idna are quadratic).
_NOT_CHARSETS = {
    "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec",
    "idna", "mbcs", "oem", "palmos", "punycode", "raw_unicode_escape", "undefined", "unicode_escape",
}  # fmt: skip
_KNOWN = {name: codec for name, codec in aliases.aliases.items() if codec not in _NOT_CHARSETS}
_KNOWN |= {codec: codec for codec in _KNOWN.values()}
#: What browsers do, because senders label carelessly: the larger charset of the family (WHATWG Encoding, section 4.2).
_KNOWN |= {
    "utf_8": "utf_8", "utf8mb4": "utf_8", "unicode_1_1_utf_8": "utf_8", "unicode_1_1_utf_7": "utf_7",
    "iso_8859_1": "cp1252", "latin_1": "cp1252", "latin1": "cp1252", "iso8859_1": "cp1252", "8859_1": "cp1252",
    "iso_8859_9": "cp1254", "iso8859_9": "cp1254", "latin5": "cp1254",
    "iso_8859_11": "cp874", "iso8859_11": "cp874", "tis_620": "cp874", "tis620": "cp874", "windows_874": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312": "gb18030", "gb_2312_80": "gb18030", "x_gbk": "gb18030",
    "cp936": "gb18030", "euc_cn": "gb18030", "big5": "big5hkscs", "x_x_big5": "big5hkscs",
    "shift_jis": "cp932", "sjis": "cp932", "shiftjis": "cp932", "x_sjis": "cp932", "windows_31j": "cp932",
    "euc_kr": "cp949", "ks_c_5601_1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "windows_949": "cp949",
    "koi8_u": "koi8_u", "koi8_ru": "koi8_u", "koi8_t": "koi8_t", "cp720": "cp720", "cp737": "cp737", "cp874": "cp874",
    "iso_8859_8_i": "iso8859_8", "iso_8859_8_e": "iso8859_8", "x_mac_roman": "mac_roman", "macintosh": "mac_roman",
    "iso_2022_jp": "iso2022_jp_ext", "iso2022_jp": "iso2022_jp_ext", "csiso2022jp": "iso2022_jp_ext",
}  # fmt: skip
_ASCII = {"ascii", "us_ascii", "ansi_x3.4_1968", "ansi_x3_4_1968", "646", "iso646_us", ""}

UNKNOWN = "the text names a charset that is not known"
LIES = "the text is not in the charset that it names"

#: What no text that is shown may hold: controls, halves of characters, and plane 14, whose invisible letters carry
#: messages that a person does not see and a program reads.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e0fff]")
#: The same for a text in ASCII, where a table is four times as fast as a pattern.
_UNSHOWN_ASCII = dict.fromkeys(point for point in range(128) if _UNSHOWN.match(chr(point)))
#: In one line of a header also what turns the direction of writing around, and zero-width characters but joiners.
_UNSHOWN_IN_LINE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


def decode(data: bytes, charset: str = "") -> tuple[str, str | None]:
    """
    Return *data* as text, and what was wrong with the charset it names, if anything. Never raises.

    Without a charset, or with one that does not fit, UTF-8 is tried, then windows-1252.
    """
    name = normalize_encoding(charset.strip(" \t\"'")[:60]).lower() if charset else ""
    if name in _ASCII or name == "utf_8":
        try:
            return data.decode("utf-8"), LIES if name in _ASCII and name and not data.isascii() else None
        except UnicodeDecodeError:
            return _guess(data), LIES if name else None
    codec = _KNOWN.get(name)
    if codec is None:
        return _guess(data), UNKNOWN
    try:
        return data.decode(codec), None
    except UnicodeDecodeError:
        # Windows leaves five of its codes undefined; one of them is no lie.
        if codec.startswith("cp125"):
            return data.decode(codec, "replace"), None
        replaced = data.decode(codec, "replace")
        return (replaced if 10 * replaced.count("\ufffd") < len(replaced) else _guess(data)), LIES


def _guess(data: bytes) -> str:
    """Text in UTF-8 if most of it is, otherwise in windows-1252."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if broken == 0 or broken * 3 < len(text) - len(text.encode("ascii", "ignore")):
        return text
    return data.decode("cp1252", "replace")


def clean_text(text: str) -> str:
    """Return *text* without what must not be shown, its lines ended by a line feed."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _shown(text)


def clean_line(text: str, most: int) -> str:
    """Return *text* as one line of at most *most* characters, fit to be shown between other texts."""
    if not text.isascii():
        text = _UNSHOWN_IN_LINE.sub("", _shown(text))
    elif not text.isprintable():
        text = _shown(text)
    return " ".join(text.split())[:most].strip()


def _shown(text: str) -> str:
    return text.translate(_UNSHOWN_ASCII) if text.isascii() else _UNSHOWN.sub("", text)
