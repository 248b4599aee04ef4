"""How often codes and links are found: on the messages that the rules were written on, and on others."""

import re

import pytest

from tests.support.corpus import (
    CORPUS,
    HALVES,
    MARK_BEGIN,
    MARK_END,
    MEDIA,
    PAGE,
    samples,
    score_codes,
    score_links,
    table,
)

ENOUGH = 0.98
#: What is scored: each medium, and all of them together.
GROUPS = (*((medium,) for medium in MEDIA), MEDIA)
#: In addresses of the web, and of senders.
HOST = re.compile(r"https?://([\w.-]*\w)|^from: .*@([\w.-]*\w)", re.MULTILINE)


@pytest.mark.parametrize("media", GROUPS, ids=" and ".join)
@pytest.mark.parametrize("half", HALVES)
def test_codes_are_found_and_nothing_else(half: str, media: tuple[str, ...]) -> None:
    score = score_codes(half, *media)
    print(f"\n{half}, {' and '.join(media)}: codes, precision {score.precision:.3f}, recall {score.recall:.3f}")

    assert min(score.precision, score.recall) >= ENOUGH, score.failures


@pytest.mark.parametrize("media", GROUPS, ids=" and ".join)
@pytest.mark.parametrize("half", HALVES)
def test_links_are_found_and_nothing_else(half: str, media: tuple[str, ...]) -> None:
    score = score_links(half, *media)
    print(f"\n{half}, {' and '.join(media)}: links, precision {score.precision:.3f}, recall {score.recall:.3f}")

    assert min(score.precision, score.recall) >= ENOUGH, score.failures


def test_the_page_shows_the_score_as_it_is() -> None:
    written = PAGE.read_text(encoding="utf-8").partition(MARK_BEGIN)[2].partition(MARK_END)[0]

    assert written.strip() == table().strip(), (
        "write it anew with: .venv/bin/python scripts/extraction_score.py --write"
    )


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_many_languages_and_kinds_of_messages(half: str) -> None:
    found = samples(half)
    mails = [sample for sample in found if sample.is_mail]

    assert len(mails) >= 80
    assert len({sample.language for sample in mails}) >= 15
    assert {"ar", "he", "ja", "ko", "zh-Hans"} <= {sample.language for sample in mails}
    assert len([sample for sample in found if not sample.codes and not sample.links]) >= 30
    assert len([sample for sample in found if sample.codes]) >= 80
    assert len([sample for sample in found if sample.links]) >= 80
    assert len({sample.name for sample in found}) == len(found)


@pytest.mark.parametrize("half", HALVES)
def test_each_half_has_sms_as_senders_write_them(half: str) -> None:
    texts = [sample for sample in samples(half) if sample.medium == "SMS"]

    assert len({sample.language for sample in texts}) >= 30
    assert len([sample for sample in texts if sample.codes]) >= 100
    assert len([sample for sample in texts if sample.links]) >= 50
    assert len([sample for sample in texts if not sample.codes and not sample.links]) >= 60
    assert len([sample for sample in texts if len(sample.text) >= 1400]) >= 2


def test_what_is_held_back_is_not_among_what_the_rules_were_written_on() -> None:
    tuned = {(sample.subject, sample.text, sample.html) for sample in samples("tuning") if len(sample.text) > 80}

    assert not [sample.name for sample in samples("held_back") if (sample.subject, sample.text, sample.html) in tuned]


def test_senders_are_nobody() -> None:
    """Reserved names only (RFC 2606, RFC 6761), in addresses of mail and of the web."""
    for path in CORPUS.rglob("*"):
        if path.suffix not in (".txt", ".tsv"):
            continue
        hosts = [web or mail for web, mail in HOST.findall(path.read_text(encoding="utf-8"))]
        assert [host for host in hosts if not host.endswith("example")] == [], path.name
