"""What a file of test vectors is made of: cases, bytes that nobody chose, and every way to damage a sealed text."""

import base64
import hashlib
import json
from typing import Any

ALICE = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b"
BOB = "c2a91f37-08b4-4e6d-a5c3-90d1e7f2b846"
ACCOUNT = "0d9b3c6e-41fa-4b7c-8e25-6a7f1c0d2e93"
OTHER_ACCOUNT = "7e4f2a1b-9c8d-4056-b3a2-d1e0f9c8b7a6"
ENTRY = "3b8f1d52-6e07-49ca-8f14-2c5d7a9e0b31"
OTHER_ENTRY = "a1c4e7f0-2b5d-4839-96e8-b7d3f0a25c14"
PIN = "123456"


def fixed(name: str, size: int) -> bytes:
    """Bytes that nobody chose: the beginning of SHA-512 of a name."""
    return hashlib.sha512(b"ravi vectors: " + name.encode()).digest()[:size]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Topic:
    """The cases of one file. A case that must fail is the last good one with a single fault."""

    def __init__(self, name: str, about: str) -> None:
        self.name = name
        self._about = about
        self.cases: list[dict[str, Any]] = []
        self._base: dict[str, Any] = {}

    def good(self, name: str, operation: str, given: dict[str, Any], expected: dict[str, Any], **steps: str) -> None:
        """*steps* are values on the way, for whoever looks for the place where theirs differ."""
        self._base = {"name": name, "operation": operation, "input": given}
        case = {**self._base, "expected": expected}
        self.cases.append({**case, "steps": steps} if steps else case)

    def bad(self, failure: str, what: str, **changes: Any) -> None:
        """*changes* stand in place of inputs of the good case before."""
        assert all(self._base["input"][name] != value for name, value in changes.items()), what
        self.cases.append(
            {
                "name": f"{self._base['name']}: {what}",
                "operation": self._base["operation"],
                "base": self._base["name"],
                "changed": sorted(changes),
                "input": {**self._base["input"], **changes},
                "expected": {"failure": failure},
            }
        )

    def text(self) -> str:
        document = {"format": "ravi vectors 1", "topic": self.name, "about": self._about, "cases": self.cases}
        return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def broken_texts(text: str) -> list[tuple[str, str, str]]:
    """Every way in which *text*, a prefix and base64 of sealed bytes, can be damaged on its way."""
    data = _parts(text)[2]
    flips = {"the nonce's first bit": 0, "the nonce's last bit": 191, "the first bit of what is sealed": 192}
    flips |= {"the tag's first bit": len(data) * 8 - 128, "the tag's last bit": len(data) * 8 - 1}
    return _damaged(text, flips, (0, 23, 24, 39, 40, len(data) - 1))


def broken_boxes(text: str) -> list[tuple[str, str, str]]:
    """The same for a prefix and base64 of a sealed box."""
    data = _parts(text)[2]
    flips = {"the first bit of the ephemeral key": 0, "the tag's first bit": 256, "the last bit": len(data) * 8 - 1}
    return _damaged(text, flips, (0, 31, 47, 48, len(data) - 1))


def _damaged(text: str, flips: dict[str, int], sizes: tuple[int, ...]) -> list[tuple[str, str, str]]:
    prefix, body, data = _parts(text)
    found = [("bit_flip", what, prefix + b64(flipped(data, bit))) for what, bit in flips.items()]
    found += [("truncated", f"{size} bytes of {len(data)}", prefix + b64(data[:size])) for size in sizes]
    found += [
        ("extended", "a zero byte behind", prefix + b64(data + b"\0")),
        ("wrong_prefix", "no prefix", body),
        ("wrong_prefix", "the prefix in upper case", prefix.upper() + body),
        ("wrong_prefix", "one colon", prefix[:-1] + body),
        ("wrong_prefix", "a blank in front", " " + text),
        ("wrong_prefix", "a prefix of the future", prefix.replace("::", "9::") + body),
        ("not_canonical_base64", "a line feed behind", text + "\n"),
        ("not_canonical_base64", "a line feed inside", text[:40] + "\n" + text[40:]),
        ("not_canonical_base64", "a character of no alphabet", text[:-6] + "*" + text[-5:]),
        ("not_canonical_base64", "padding inside", text[:40] + "=" + text[41:]),
        ("not_canonical_base64", "a letter beyond ASCII", text[:-6] + "\u00e9" + text[-5:]),
    ]
    if body.rstrip("=") != body:
        last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        end = body.rstrip("=")
        spare = end[:-1] + last[last.index(end[-1]) + 1] + body[len(end) :]
        assert base64.b64decode(spare) == data
        found += [
            ("not_canonical_base64", "without its padding", prefix + end),
            ("not_canonical_base64", "a spare bit set", prefix + spare),
            ("not_canonical_base64", "more behind the padding", text + "AAAA"),
        ]
    url = body.replace("+", "-").replace("/", "_")
    return found if url == body else [*found, ("not_canonical_base64", "the alphabet of URLs", prefix + url)]


def flipped(data: bytes, bit: int) -> bytes:
    """*data* with one bit changed; bit 0 is the highest of the first byte."""
    return bytes(byte ^ (0x80 >> bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(data))


def _parts(text: str) -> tuple[str, str, bytes]:
    head, _, body = text.rpartition(":")
    return head + ":", body, base64.b64decode(body)
