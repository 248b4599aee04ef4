"""Subjects, references and recipients of replies and forwards."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.server.mail.quoting import (
    MOST_REFERENCES,
    forward_subject,
    forwarded_html,
    forwarded_text,
    references_to,
    reply_recipients,
    reply_subject,
)
from ravi.server.mail.records import Message
from ravi.server.mail.threads import is_answer

MINE = "me@in.example"
MESSAGE = Message(
    id=1, uuid="u", account_id=1, identity_id=1, identity_uuid="i", direction="incoming", state="received",
    thread_id="<t@x>", message_id="<m@x>", in_reply_to="", references=(), from_email="ada@x.org", from_name="Ada",
    to_email="me@in.example", cc="", reply_to="", subject="Hello", envelope_to="me@in.example", text_content="Hi\nyou",
    html_content="", preview="Hi", is_read=False, sender_type="untrusted", sender_certain=False, verdicts={},
    defects=(), codes=(), links=(), size=1, created_at=datetime(2026, 3, 1, tzinfo=UTC),
)  # fmt: skip


def message(**more: Any) -> Message:
    return replace(MESSAGE, **more)


@pytest.mark.parametrize(
    ("subject", "reply", "forward"),
    [
        ("Hello", "Re: Hello", "Fwd: Hello"),
        ("Re: Hello", "Re: Hello", "Fwd: Re: Hello"),
        ("RE[2]: Hello", "RE[2]: Hello", "Fwd: RE[2]: Hello"),
        ("AW: Hallo", "AW: Hallo", "Fwd: AW: Hallo"),
        ("Fwd: Hello", "Re: Fwd: Hello", "Fwd: Hello"),
        ("WG: Hallo", "Re: WG: Hallo", "WG: Hallo"),
        ("Research", "Re: Research", "Fwd: Research"),
        ("", "Re:", "Fwd:"),
    ],
)
def test_prefixes_are_not_doubled(subject: str, reply: str, forward: str) -> None:
    assert (reply_subject(subject), forward_subject(subject)) == (reply, forward)


@given(st.text(max_size=100))
def test_every_answer_says_that_it_is_one(subject: str) -> None:
    assert is_answer(reply_subject(subject))
    assert is_answer(forward_subject(subject))
    assert reply_subject(reply_subject(subject)) == reply_subject(subject)


def test_references_grow_at_the_end_and_keep_the_beginning() -> None:
    assert references_to(message()) == ("<m@x>",)
    assert references_to(message(in_reply_to="<p@x>")) == ("<p@x>", "<m@x>")
    assert references_to(message(references=("<a@x>", "<b@x>"), in_reply_to="<b@x>")) == ("<a@x>", "<b@x>", "<m@x>")

    many = tuple(f"<{number}@x>" for number in range(300))
    chain = references_to(message(references=many))
    assert len(chain) == MOST_REFERENCES
    assert (chain[0], chain[-2:]) == ("<0@x>", ("<299@x>", "<m@x>"))


def test_what_cannot_stand_in_a_header_is_no_reference() -> None:
    assert references_to(message(references=("<ü@x>", "<a b@x>", "x"), message_id="<m@x>")) == ("<m@x>",)


def test_a_reply_goes_where_its_sender_wants_it() -> None:
    assert reply_recipients(message(), MINE, everybody=False) == (["ada@x.org"], [])
    wished = message(reply_to="list@x.org, ada@y.org")
    assert reply_recipients(wished, MINE, everybody=False) == (["list@x.org", "ada@y.org"], [])


def test_a_reply_to_all_leaves_out_oneself_and_who_has_it_already() -> None:
    crowd = message(to_email="me+tag@in.example, bob@x.org, ADA@x.org", cc="carl@x.org, ME@in.example, bob@x.org")

    assert reply_recipients(crowd, MINE, everybody=True) == (["ada@x.org"], ["bob@x.org", "carl@x.org"])


def test_a_reply_to_ones_own_message_goes_to_whom_that_went() -> None:
    sent = message(direction="outgoing", from_email=MINE, to_email="bob@x.org", cc="carl@x.org")

    assert reply_recipients(sent, MINE, everybody=False) == (["bob@x.org"], [])
    assert reply_recipients(sent, MINE, everybody=True) == (["bob@x.org"], ["carl@x.org"])


def test_a_note_to_oneself_is_answered_to_oneself() -> None:
    assert reply_recipients(message(from_email=MINE), MINE, everybody=True) == ([MINE], [])


def test_a_forward_shows_where_the_original_came_from() -> None:
    assert forwarded_text("Look.", message(cc="carl@x.org")) == (
        "Look.\n\n---------- Forwarded message ----------\nFrom: Ada <ada@x.org>\n"
        "Date: Sun, 01 Mar 2026 00:00:00 +0000\nSubject: Hello\nTo: me@in.example\nCc: carl@x.org\n\nHi\nyou\n"
    )


def test_nothing_of_the_original_becomes_html_in_a_forward() -> None:
    evil = message(subject="<script>1</script>", from_name="<img src=x>", text_content="<b>2</b>")
    shown = forwarded_html("<p>Look.</p>", evil)

    assert shown.startswith("<p>Look.</p>")
    assert "<script>" not in shown
    assert "<img" not in shown
    assert "<b>" not in shown
