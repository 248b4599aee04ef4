"""
The corpus of messages, and how many of their codes and links are found.

`tests/corpus/README.md` describes its files. A message goes the way that a received one goes: it is written as MIME,
parsed by `server/mail`, and its texts are searched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

from ravi.server.extraction import find_codes, find_links
from ravi.server.mail.parsing import parse

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
HALVES = ("tuning", "held_back")
MEDIA = ("mail", "SMS")
#: Where the score is published, and between which marks.
PAGE = CORPUS.parents[1] / "docs" / "explanation" / "finding-codes.md"
MARK_BEGIN = "<!-- The score, written by scripts/extraction_score.py. -->"
MARK_END = "<!-- End of the score. -->"
#: Where the buttons of labels.tsv lead.
BUTTON = "https://button.example/a/7f3k9q"
#: How the files of SMS write a character that cannot be seen.
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")


@dataclass(frozen=True)
class Sample:
    """One message and what is to be found in it: the first code and link are what a waiter is to be given."""

    name: str
    language: str
    sender: str = "Tern <post@tern.example>"
    subject: str = ""
    text: str = ""
    html: str = ""
    codes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    is_mail: bool = True

    @property
    def medium(self) -> str:
        """One of MEDIA."""
        return "mail" if self.is_mail else "SMS"


@dataclass
class Score:
    """Counted over every value that was returned, and every value that should have been."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)

    def count(self, name: str, expected: list[str], found: list[str]) -> None:
        """Compare. What stands first must be what is expected first; of two sent codes, either may come second."""
        right = [value for place, value in enumerate(found) if value in (expected if place else expected[:1])]
        self.right += len(right)
        self.wrong += len(found) - len(right)
        self.missed += len(expected) - len(right)
        if right != found or len(right) < len(expected):
            self.failures.append(f"{name}: expected {expected}, found {found}")


@cache
def samples(half: str) -> list[Sample]:
    """Return every message of one half."""
    folder = CORPUS / half
    found = [sample for path in sorted(folder.glob("*.txt")) for sample in _mails(path)]
    for path in sorted(folder.glob("sms*.tsv")):
        found += [_sms(f"{path.stem}:{number}", *row) for number, row in enumerate(_rows(path), 1)]
    for path in sorted(folder.glob("labels*.tsv")):
        found += [_button(f"{path.stem}:{number}", *row) for number, row in enumerate(_rows(path), 1)]
    return found


def score_codes(half: str, *media: str) -> Score:
    """Compare the codes of one half, in messages of these *media* or of all."""
    score = Score()
    for sample, (subject, _, text) in _received(half, media):
        score.count(sample.name, sample.codes, [code["value"] for code in find_codes(subject, text)])
    return score


def score_links(half: str, *media: str) -> Score:
    """Compare the links of one half, in messages of these *media* or of all."""
    score = Score()
    for sample, (_, html, text) in _received(half, media):
        score.count(sample.name, sample.links, [link["url"] for link in find_links(html, text)])
    return score


def table() -> str:
    """Return the score as the table of docs/explanation/finding-codes.md: each half by medium, and together."""
    lines = [
        "| Half | Medium | Messages | Codes | Precision | Recall | Links | Precision | Recall |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for half in HALVES:
        for name, media in (*((medium, (medium,)) for medium in MEDIA), ("together", MEDIA)):
            codes, links = score_codes(half, *media), score_links(half, *media)
            count = sum(sample.medium in media for sample in samples(half))
            cells = [half.replace("_", " "), name, str(count)]
            for score in (codes, links):
                cells += [str(score.right + score.missed), f"{score.precision:.3f}", f"{score.recall:.3f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _received(half: str, media: Sequence[str]) -> Iterator[tuple[Sample, tuple[str, str, str]]]:
    for number, sample in enumerate(samples(half)):
        if not media or sample.medium in media:
            yield sample, as_received(half, number)


@cache
def as_received(half: str, number: int) -> tuple[str, str, str]:
    """Return subject, sanitised HTML and text of a sample as the server has them when it looks for codes."""
    sample = samples(half)[number]
    if not sample.is_mail:
        return "", "", sample.text
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sample.sender, "mara@client.example", sample.subject
    if sample.text:
        mail.set_content(sample.text)
    if sample.html:
        (mail.add_alternative if sample.text else mail.set_content)(sample.html, subtype="html")
    parsed = parse(mail.as_bytes())
    text = parsed.text if parsed.text_of_html == parsed.text else f"{parsed.text}\n{parsed.text_of_html}"
    return parsed.subject, parsed.html, text


def _mails(path: Path) -> list[Sample]:
    found = []
    for block in path.read_text(encoding="utf-8").split("#### ")[1:]:
        head, *bodies = block.split("\n---- ")
        name, *lines = head.strip().split("\n")
        fields: dict[str, list[str]] = {}
        for line in lines:
            key, _, value = line.partition(": ")
            fields.setdefault(key, []).append(value)
        assert fields.keys() <= {"lang", "tags", "from", "subject", "code", "link"}, f"{path.name}: {name}"
        parts = {kind: body.strip("\n") for kind, _, body in (each.partition("\n") for each in bodies)}
        found.append(
            Sample(
                name=f"{path.stem}/{name}",
                language=fields["lang"][0],
                sender=fields["from"][0],
                subject=fields["subject"][0],
                text=parts.get("text", ""),
                html=parts.get("html", ""),
                codes=fields.get("code", []),
                links=fields.get("link", []),
            )
        )
    return found


def _rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def _sms(name: str, language: str, expected: str, body: str) -> Sample:
    values = [] if expected == "-" else expected.split(" ")
    links = [value for value in values if "://" in value]
    codes = [value for value in values if "://" not in value]
    text = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), body.replace("\\n", "\n"))
    return Sample(name, language, text=text, codes=codes, links=links, is_mail=False)


def _button(name: str, language: str, expected: str, label: str) -> Sample:
    html = f'<p>Hello Mara,</p><p><a href="{BUTTON}">{label}</a></p>'
    return Sample(name, language, subject="Hello", html=html, links=[BUTTON] if expected == "yes" else [])
