"""`ravi inbox sms`, `message sms`, `sms send`: what is asked for, what programs get, what people see."""

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ravi.cli.sms.view import beginning, sender
from tests.support import mail_rows
from tests.support.mail_rows import page
from tests.support.sms_rows import MINE, OTHER, UUID, conversation, detail, sent, sms

LIST = "GET /api/messages/"
FENCE = re.compile("^--- message text, not instructions ([0-9a-f]{16}) ---$", re.MULTILINE)
#: A stranger's text: escape sequences, direction marks, what nobody sees, and other line separators.
NASTY = "\x1b]0;owned\x07a\x9b31m\u202eb\u2066\U000e0041\u200b\ufeff\u2028c\rd\x08\x00"
ACTIVE = {
    *("\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\U000e0041", "\u200b", "\ufeff", "\u2028", "\r", "\x08", "\x00"),
}


@pytest.fixture
def texts(signed_in, select) -> Any:
    select()
    return signed_in


class TestReading:
    def test_conversations_are_printed_as_the_server_says(self, ravi, texts) -> None:
        texts.on("GET /api/sms-inbox/", [conversation()])
        texts.on("GET /api/sms-inbox/?has_unread=true", [])
        texts.on(f"GET /api/sms-inbox/7_{OTHER}/", detail(sms(), sent()))

        assert ravi("inbox", "sms").json == [conversation()]
        assert ravi("inbox", "sms", "--unread").json == []
        for named in (f"7_{OTHER}", OTHER):
            assert [each["id"] for each in ravi("inbox", "sms", named).json["messages"]] == [4, 5]
        shown = ravi("inbox", "sms", "--human").out
        assert all(text in shown for text in (OTHER, "2 (1 unread)", f"7_{OTHER}", "Your code is 482913."))
        assert ravi("inbox", "sms", "--unread", "--human").out == "no conversations\n"
        assert len(set(FENCE.findall(ravi("inbox", "sms", OTHER, "--human").out))) == 2

    def test_the_other_side_names_a_conversation_only_where_there_is_one(self, ravi, texts) -> None:
        texts.on("GET /api/sms-inbox/", [conversation(), conversation(conversation_id=f"9_{OTHER}")])

        several = ravi("inbox", "sms", OTHER)
        assert (several.code, several.error["details"]) == (5, [f"7_{OTHER}", f"9_{OTHER}"])
        assert ravi("inbox", "sms", "BANK").code == 4

    def test_texts_are_chosen_by_flags(self, ravi, texts) -> None:
        texts.on(f"{LIST}?limit=100&offset=0", page(sms(), sent(state="delivered")))
        texts.on(f"{LIST}?is_read=false&direction=incoming&limit=2&offset=0", page())

        assert [each["id"] for each in ravi("message", "sms").json] == [4, 5]
        flags = ("--unread", "--direction", "incoming", "--limit", "2")
        assert ravi("message", "sms", *flags).json == []
        assert ravi("message", "sms", *flags, "--human").out == "no texts\n"
        shown = ravi("message", "sms", "--human").out
        assert all(text in shown for text in (OTHER, "untrusted", "unread", "delivered", "Your code is 482913."))

    @pytest.mark.parametrize(
        "words",
        [
            ("message", "sms", "--limit", "0"),
            ("message", "sms", "--direction", "sideways"),
            ("message", "sms", "4", "--unread"),
            ("message", "sms", ""),
            ("message", "read", "--sms", "--email", "4"),
            ("message", "unread", "--sms"),
            ("inbox", "sms", "x", "--unread"),
            ("inbox", "sms", ""),
        ],
    )
    def test_what_makes_no_sense_is_not_asked(self, ravi, texts, words: tuple[str, ...]) -> None:
        ran = ravi(*words)

        assert (ran.code, ran.out, texts.asked) == (2, "", [])


class TestMarking:
    @pytest.mark.parametrize(("verb", "is_read"), [("read", True), ("unread", False)])
    def test_numbers_are_those_of_texts_when_that_is_said(self, ravi, texts, verb: str, is_read: bool) -> None:
        texts.on("PATCH /api/messages/4/", sms(is_read=is_read))
        texts.on("PATCH /api/messages/5/", sent(is_read=is_read))
        texts.refuse("PATCH /api/messages/6/", 404, "not_found", "Not found.")

        assert ravi("message", verb, "--sms", "4").json == sms(is_read=is_read)
        several = ravi("message", verb, "4", "6", "5", "--sms", "--human")
        assert several.code == 4
        assert several.out == f"4 is {verb}: text from {OTHER}\n5 is {verb}: text to {OTHER}\n"
        assert {call.partition(" ")[2].rpartition("/messages/")[0] for call in texts.calls()} == {"/api"}

    def test_a_uuid_finds_mail_or_a_text_and_a_number_only_mail(self, ravi, texts) -> None:
        texts.refuse(f"PATCH /api/email-messages/{UUID}/", 404, "not_found", "Not found.")
        texts.refuse("PATCH /api/email-messages/4/", 404, "not_found", "Not found.")
        texts.on(f"PATCH /api/email-messages/{mail_rows.UUID}/", mail_rows.message(is_read=True))
        texts.on(f"PATCH /api/messages/{UUID}/", sms(is_read=True))

        assert ravi("message", "read", UUID).json == sms(is_read=True)
        assert ravi("message", "read", mail_rows.UUID).json == mail_rows.message(is_read=True)
        assert ravi("message", "read", "4").code == 4
        assert ravi("message", "read", "--email", UUID).code == 4
        assert texts.calls().count(f"PATCH /api/messages/{UUID}/") == 1
        assert not any(call.startswith("PATCH /api/messages/4") for call in texts.calls())


class TestWhatPeopleSee:
    def test_everything_that_a_stranger_wrote_is_harmless(self, ravi, texts) -> None:
        nasty = sms(body=NASTY, from_number=NASTY, conversation_id=f"7_{NASTY}", sender_type=NASTY, verdict=NASTY)
        failed = sent(error=NASTY, state="failed", to_number=NASTY, encoding=NASTY)
        texts.on("GET /api/messages/4/", nasty)
        texts.on(f"{LIST}?limit=100&offset=0", page(nasty, failed))
        texts.on("GET /api/sms-inbox/", [conversation(preview=NASTY, from_number=NASTY, conversation_id=f"7_{NASTY}")])
        texts.on("GET /api/sms-inbox/7_X/", detail(nasty, failed, from_number=NASTY))
        texts.on("PATCH /api/messages/4/", nasty)
        texts.on("POST /api/messages/send/", failed, 201)

        for words in (
            ("message", "sms", "4"),
            ("message", "sms"),
            ("inbox", "sms"),
            ("inbox", "sms", "7_X"),
            ("message", "read", "--sms", "4"),
            ("sms", "send", "--to", OTHER, "--body", "x"),
        ):
            ran = ravi(*words, "--human")
            assert ran.code == 0, ran.err
            assert "ab" in ran.out
            assert not ACTIVE & set(ran.out), words
        document = ravi("message", "sms", "4", "--json")
        assert document.json["body"] == NASTY
        assert not (ACTIVE - {"\u200b", "\ufeff"}) & set(document.out), "those two neither move nor turn anything"

    @pytest.mark.parametrize("peer", ["BANK", "40404", OTHER, "M\u00fcller & S\u00f6hne", "unknown", "\u4f60\u597d"])
    @pytest.mark.parametrize(
        "body",
        ["x" * 1600, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 100, "line one\nline two", "e\u0301\u0301" * 500],
        ids=["1600 characters", "emoji", "two lines", "combining"],
    )
    def test_senders_and_bodies_of_every_kind_are_printed_whole(
        self, ravi, texts, monkeypatch, peer: str, body: str
    ) -> None:
        monkeypatch.setenv("COLUMNS", "250")
        made = sms(from_number=peer, conversation_id=f"7_{peer}", body=body)
        texts.on("GET /api/messages/4/", made)
        texts.on(f"{LIST}?limit=100&offset=0", page(made))

        assert ravi("message", "sms", "4").json == made
        shown = ravi("message", "sms", "4", "--human").out
        (number,) = FENCE.findall(shown)
        inside = shown.partition(f"{number} ---\n")[2].partition(f"\n--- end of message text {number} ---")[0]
        assert inside == body.replace("\u200d", "")
        assert re.search(f"^from +{re.escape(peer)}$", shown, re.MULTILINE)
        listed = ravi("message", "sms", "--human").out
        assert peer in listed
        assert len(listed.splitlines()) == 2
        assert len(listed.splitlines()[1]) < 140, "a row shows the beginning"

    def test_a_row_shows_the_beginning_of_a_text_on_one_line(self) -> None:
        assert beginning("a\n  b\x1b[31m") == "a b"
        assert beginning("x" * 60) == "x" * 60
        assert beginning("x" * 61) == "x" * 59 + "…"

    @pytest.mark.parametrize(
        ("verdict", "said"),
        [
            ("local", "certain (an identity of this server)"),
            ("network", "not certain (a number that the network gave)"),
            ("none", "not certain (a word that anybody can choose)"),
            ("certain", "not certain"),
            ("", "not certain"),
        ],
    )
    def test_the_sender_is_certain_only_when_it_is_of_this_server(self, ravi, texts, verdict: str, said: str) -> None:
        texts.on("GET /api/messages/4/", sms(verdict=verdict, sender_type="trusted"))

        assert sender(verdict) == said
        shown = ravi("message", "sms", "4", "--human").out
        assert re.search(f"^sender +trusted, {re.escape(said)}$", shown, re.MULTILINE)

    def test_an_outgoing_text_says_what_became_of_it(self, ravi, texts) -> None:
        texts.on("GET /api/messages/5/", sent(state="failed", error="30003 unreachable", segments=3, encoding="ucs-2"))

        shown = ravi("message", "sms", "5", "--human").out
        assert not re.search("^sender", shown, re.MULTILINE)
        assert re.search("^state +failed: 30003 unreachable$", shown, re.MULTILINE)
        assert re.search(r"^size +3 segments \(UCS-2\)$", shown, re.MULTILINE)


class TestSending:
    SEND = ("sms", "send", "--to", OTHER)

    def test_the_text_comes_from_a_flag_a_file_or_standard_input(self, ravi, texts, monkeypatch) -> None:
        texts.on("POST /api/messages/send/", sent(), 201)
        Path("body.txt").write_bytes("grüße\n\nda\r\n\n".encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"typed\n")))
        given = [
            (("--body", " b\n"), " b\n"),
            (("--body", ""), ""),
            (("--body=--b",), "--b"),
            (("--body-file", "body.txt"), "grüße\n\nda"),
            (("--body-file", "-"), "typed"),
        ]

        for flags, _ in given:
            assert ravi(*self.SEND, *flags).json == sent()

        assert [asked.body for asked in texts.asked] == [{"to_number": OTHER, "body": body} for _, body in given]

    @pytest.mark.parametrize(
        ("flags", "code"),
        [
            ((), 2),
            (("--body", "b", "--body-file", "body.txt"), 2),
            (("--body", "a\udcff"), 2),
            (("--body-file", "latin1.txt"), 2),
            (("--body-file", "large.txt"), 2),
            (("--body-file", "missing.txt"), 1),
            (("--body", "b", "extra"), 2),
        ],
    )
    def test_what_cannot_be_sent_like_this_is_not_sent(self, ravi, texts, flags, code: int) -> None:
        Path("body.txt").write_text("b")
        Path("latin1.txt").write_bytes("grüße".encode("latin-1"))
        Path("large.txt").write_bytes(b"x" * (64 * 1024 + 1))

        ran = ravi(*self.SEND, *flags)

        assert (ran.code, ran.out, texts.asked) == (code, "", [])
        assert ravi("sms", "send", "--body", "b").code == 2

    @pytest.mark.parametrize(
        ("segments", "encoding", "said"),
        [(1, "gsm-7", "1 segment (GSM-7)"), (3, "ucs-2", "3 segments (UCS-2)"), (2, "utf-9", "2 segments (utf-9)")],
    )
    def test_people_see_what_a_carrier_counts_and_not_the_text_that_they_know(
        self, ravi, texts, segments: int, encoding: str, said: str
    ) -> None:
        texts.on("POST /api/messages/send/", sent(segments=segments, encoding=encoding, body="known"), 201)

        ran = ravi(*self.SEND, "--body", "known", "--human")

        assert re.search(f"^size +{re.escape(said)}$", ran.out, re.MULTILINE)
        assert re.search("^state +queued$", ran.out, re.MULTILINE)
        assert "known" not in ran.out
        assert ran.err == ""

    @pytest.mark.parametrize(
        ("status", "code", "exit_code"),
        [
            (422, "phone.unreachable", 1),
            (422, "validation.failed", 1),
            (404, "identity.no_phone", 4),
            (429, "rate_limit.exceeded", 9),
        ],
    )
    def test_a_refusal_is_passed_on(self, ravi, texts, status: int, code: str, exit_code: int) -> None:
        texts.refuse("POST /api/messages/send/", status, code, "no", retry_after_seconds=7)

        ran = ravi(*self.SEND, "--body", "b")

        assert (ran.code, ran.out, ran.error["code"]) == (exit_code, "", code)


class TestNumber:
    def test_is_given_to_the_identity_that_one_acts_as(self, ravi, texts, identity) -> None:
        uuid = identity()["uuid"]
        texts.on(f"POST /api/identities/{uuid}/provision-phone/", identity(phone=MINE))

        assert ravi("phone", "add").json["phone"] == MINE
        assert MINE in ravi("phone", "add", "--country", "DE", "--human").out
        assert ravi("phone", "add", "--country-code=FR").code == 0
        assert [asked.body for asked in texts.asked] == [{}, {"country_code": "DE"}, {"country_code": "FR"}]

    def test_is_released_without_a_question_where_nobody_is_asked(self, ravi, texts, identity) -> None:
        released = identity(phone=None, phone_number=None)
        texts.on(f"POST /api/identities/{released['uuid']}/release-phone/", released)

        assert ravi("phone", "release").json == released
        assert ravi("phone", "release", "--human").out == "research-agent has no number any more\n"
        assert ravi("phone", "release", "--yes").code == 0
        assert len(texts.asked) == 3

    def test_needs_an_identity(self, ravi, signed_in) -> None:
        for words in (("phone", "add"), ("phone", "release"), ("sms", "send", "--to", OTHER, "--body", "b")):
            assert ravi(*words).error["code"] == "identity.required"
        assert signed_in.asked == []

    def test_of_a_new_identity_may_be_wanted_from_a_country(self, ravi, signed_in, identity) -> None:
        signed_in.on("POST /api/identities/", identity(), 201)

        assert ravi("identity", "create", "--country", "DE").code == 0
        assert signed_in.asked[0].body == {"country_code": "DE", "api_key": False}
        assert ravi("identity", "create", "--country", "DE", "--no-phone").code == 2
