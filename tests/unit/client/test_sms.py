"""Texts in the library: which requests are made, in how many pages, and what of the answers is believed."""

from typing import Any

import pytest

from ravi import AsyncClient, errors
from tests.support.fake_servers import make_settings, problem
from tests.support.mail_rows import page
from tests.support.sms_rows import MINE, OTHER, UUID, conversation, detail, sent, sms

INBOX, LIST = "/api/sms-inbox/", "/api/messages/"


class TestConversations:
    def test_are_asked_for_all_or_unread_or_by_id(self, api, client_for) -> None:
        api.routes["GET", INBOX] = lambda _: [conversation()]
        api.routes["GET", f"{INBOX}?has_unread=true"] = lambda _: []
        api.routes["GET", f"{INBOX}7_{OTHER}/"] = detail(sms(), sent())
        texts = client_for(api.url).sms

        assert texts.conversations() == [conversation()]
        assert texts.conversations(unread=True) == []
        assert [each["id"] for each in texts.conversation(f"7_{OTHER}")["messages"]] == [4, 5]
        assert len(api.requests) == 3, "an id is not looked up"

    @pytest.mark.parametrize("named", [OTHER, "+1 (202) 555-0123", " +1.202.555.0123 "])
    def test_are_found_by_the_other_side_when_there_is_one(self, api, client_for, named: str) -> None:
        api.routes["GET", INBOX] = lambda _: [
            conversation(conversation_id="7_BANK", from_number="BANK"),
            conversation(),
        ]
        api.routes["GET", f"{INBOX}7_{OTHER}/"] = detail(sms())

        assert client_for(api.url).sms.conversation(named)["from_number"] == OTHER

    @pytest.mark.parametrize(("other", "escaped"), [("A/B Bank", "A%2FB%20Bank"), ("40404", "40404"), ("x_y", "x_y")])
    def test_with_words_and_short_codes_are_found_too(self, api, client_for, other: str, escaped: str) -> None:
        api.routes["GET", INBOX] = lambda _: [conversation(conversation_id=f"7_{other}", from_number=other)]
        api.routes["GET", f"{INBOX}7_{escaped}/"] = detail(sms(), from_number=other)

        assert client_for(api.url).sms.conversation(other)["from_number"] == other

    def test_with_one_other_side_are_told_apart_by_their_ids(self, api, client_for) -> None:
        api.routes["GET", INBOX] = lambda _: [conversation(), conversation(conversation_id=f"9_{OTHER}")]
        texts = client_for(api.url).sms

        with pytest.raises(errors.Conflict, match="2 conversations") as caught:
            texts.conversation(OTHER)
        assert caught.value.details == [f"7_{OTHER}", f"9_{OTHER}"]
        with pytest.raises(errors.NotFound):
            texts.conversation("+12025550199")
        with pytest.raises(errors.NotFound):
            texts.conversation("202")


class TestReading:
    def test_texts_are_filtered_by_the_server_and_no_more_is_fetched_than_the_limit(self, api, client_for) -> None:
        wanted = "is_read=false&direction=incoming"
        api.routes["GET", f"{LIST}?{wanted}&limit=100&offset=0"] = page(*map(sms, range(300, 200, -1)))
        api.routes["GET", f"{LIST}?{wanted}&limit=20&offset=100"] = page(*map(sms, range(200, 180, -1)))

        found = client_for(api.url).sms.messages(unread=True, direction="incoming", limit=120)

        assert [each["id"] for each in found] == list(range(300, 180, -1))
        assert len(api.requests) == 2

    @pytest.mark.parametrize("ref", ["4", UUID])
    def test_a_text_is_named_by_number_or_uuid(self, api, client_for, ref: str) -> None:
        api.routes["GET", f"{LIST}{ref}/"] = sms()
        api.routes["PATCH", f"{LIST}{ref}/"] = lambda request: sms(is_read=request.body["is_read"])
        texts = client_for(api.url).sms

        assert texts.message(ref) == sms()
        assert texts.mark(ref, is_read=True)["is_read"] is True
        assert texts.mark(ref, is_read=False)["is_read"] is False

    @pytest.mark.parametrize("ref", ["", " ", ".", ".."])
    def test_what_names_no_text_is_not_sent(self, api, client_for, ref: str) -> None:
        texts = client_for(api.url).sms

        with pytest.raises(errors.UsageError):
            texts.message(ref)
        with pytest.raises(errors.UsageError):
            texts.mark(ref, is_read=True)
        with pytest.raises(errors.UsageError):
            texts.messages(limit=0)
        assert api.requests == []

    @pytest.mark.parametrize("wrong", [{"id": []}, {"body": None}, {"from_number": 7}, {"segments": "1"}], ids=str)
    def test_a_text_with_other_parts_is_not_believed(self, api, client_for, wrong: Any) -> None:
        api.routes["GET", f"{LIST}4/"] = api.routes["PATCH", f"{LIST}4/"] = sms(**wrong)
        api.routes["POST", f"{LIST}send/"] = (201, sent(**wrong))
        api.routes["GET", f"{LIST}?limit=100&offset=0"] = page(sms(**wrong))
        api.routes["GET", f"{INBOX}7_X/"] = detail(sms(**wrong))
        texts = client_for(api.url).sms

        for attempt in (
            lambda: texts.message("4"),
            lambda: texts.mark("4", is_read=True),
            lambda: texts.send(OTHER, "b"),
            texts.messages,
            lambda: texts.conversation("7_X"),
        ):
            with pytest.raises(errors.ServerNonsense):
                attempt()


class TestSending:
    def test_what_is_given_is_sent_as_it_is_with_a_key_against_twins(self, api, client_for) -> None:
        api.routes["POST", f"{LIST}send/"] = (201, sent())
        texts = client_for(api.url).sms

        assert texts.send(OTHER, " caf\u00e9 \U0001f600\n") == sent()
        texts.send("40404", "STOP")

        first, second = api.requests
        assert first.body == {"to_number": OTHER, "body": " caf\u00e9 \U0001f600\n"}
        assert second.body == {"to_number": "40404", "body": "STOP"}
        assert first.headers["idempotency-key"] != second.headers["idempotency-key"]

    def test_a_number_without_a_way_out_is_an_error_of_its_own(self, api, client_for) -> None:
        api.routes["POST", f"{LIST}send/"] = (422, problem("phone.unreachable", "no way"))

        with pytest.raises(errors.NumberUnreachable):
            client_for(api.url).sms.send(OTHER, "b")

    def test_the_world_is_played_by_the_account_and_by_no_identity(self, api, client_for) -> None:
        api.routes["POST", f"{LIST}simulate/"] = (201, sms(from_number="BANK", verdict="none"))

        assert client_for(api.url).sms.simulate(MINE, "BANK", "b")["verdict"] == "none"

        (request,) = api.requests
        assert request.body == {"to_number": MINE, "from_number": "BANK", "body": "b"}
        assert "x-ravi-identity" not in request.headers


async def test_the_asynchronous_client_does_the_same(api) -> None:
    api.routes["GET", INBOX] = lambda _: [conversation()]
    api.routes["GET", f"{INBOX}7_{OTHER}/"] = detail(sms())
    api.routes["GET", f"{LIST}?limit=1&offset=0"] = page(sms())
    api.routes["POST", f"{LIST}send/"] = (201, sent())
    api.routes["PATCH", f"{LIST}4/"] = sms(is_read=True)

    async with AsyncClient(make_settings(api.url)) as client:
        assert (await client.sms.conversation(OTHER))["messages"] == [sms()]
        assert await client.sms.messages(limit=1) == [sms()]
        assert await client.sms.send(OTHER, "b") == sent()
        assert (await client.sms.mark("4", is_read=True))["is_read"] is True
        with pytest.raises(errors.UsageError):
            await client.sms.message("")
