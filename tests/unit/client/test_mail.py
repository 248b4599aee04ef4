"""What callers see of mail: which requests each method makes of what it is given."""

import json
from pathlib import Path
from typing import Any

import pytest

from ravi import AsyncClient, errors
from ravi.client.files import LARGEST_ATTACHMENT, File
from tests.support.fake_servers import CLOSE, READ, make_settings
from tests.support.mail_rows import FILE_UUID, UUID, message, page, thread

LIST = "/api/email-messages/"
SLASHED = "<a/b+c@shop.example>"
ESCAPED = "%3Ca%2Fb+c@shop.example%3E"


class TestReading:
    def test_conversations_are_asked_for_all_or_unread_or_by_id(self, api, client_for) -> None:
        api.routes["GET", "/api/email-inbox/"] = lambda _: [thread()]
        api.routes["GET", "/api/email-inbox/?has_unread=true"] = lambda _: []
        api.routes["GET", f"/api/email-inbox/{ESCAPED}/"] = {**thread(), "messages": [message()]}
        mail = client_for(api.url).mail

        assert mail.threads() == [thread()]
        assert mail.threads(unread=True) == []
        assert mail.thread(SLASHED)["messages"] == [message()]

    def test_messages_are_filtered_by_the_server(self, api, client_for) -> None:
        target = f"{LIST}?is_read=false&direction=incoming&from_email=shop.example&q=a%20b&limit=5&offset=0"
        api.routes["GET", target] = page(message())

        found = client_for(api.url).mail.messages(
            unread=True, direction="incoming", sender="shop.example", query="a b", limit=5
        )

        assert found == [message()]

    def test_many_messages_come_in_pages_and_none_twice_when_one_comes_in_between(self, api, client_for) -> None:
        api.routes["GET", f"{LIST}?limit=100&offset=0"] = page(*(message(number) for number in range(300, 200, -1)))
        api.routes["GET", f"{LIST}?limit=100&offset=100"] = page(*(message(number) for number in range(201, 101, -1)))
        api.routes["GET", f"{LIST}?limit=100&offset=200"] = page(message(101), message(100))

        found = client_for(api.url).mail.messages()

        assert [each["id"] for each in found] == list(range(300, 99, -1))

    def test_no_more_is_fetched_than_the_limit(self, api, client_for) -> None:
        api.routes["GET", f"{LIST}?limit=100&offset=0"] = page(*(message(number) for number in range(300, 200, -1)))
        api.routes["GET", f"{LIST}?limit=20&offset=100"] = page(*(message(number) for number in range(200, 180, -1)))

        found = client_for(api.url).mail.messages(limit=120)

        assert len(found) == 120
        assert len(api.requests) == 2

    @pytest.mark.parametrize("rows", ["text", [1], [{"id": 1}], {"a": 1}, None])
    def test_a_page_without_messages_is_not_believed(self, api, client_for, rows: Any) -> None:
        api.routes["GET", f"{LIST}?limit=1&offset=0"] = {"count": 1, "results": rows}

        with pytest.raises(errors.ServerNonsense):
            client_for(api.url).mail.messages(limit=1)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": []},
            {"subject": None},
            {"from_email": 7},
            {"verdicts": None},
            {"attachments": "none"},
            {"attachments": [1]},
            {"attachments": [{"uuid": 1, "filename": "a", "content_type": "b"}]},
            {"attachments": [{"uuid": "1"}]},
            {"deliveries": [{"recipient": "x@y.example"}]},
        ],
        ids=str,
    )
    def test_a_message_with_other_parts_is_not_believed(self, api, client_for, wrong: Any) -> None:
        api.routes["GET", f"{LIST}17/"] = api.routes["PATCH", f"{LIST}17/"] = message(**wrong)
        api.routes["POST", f"{LIST}compose/"] = (201, message(**wrong))
        api.routes["GET", f"{LIST}?limit=100&offset=0"] = page(message(**wrong))
        api.routes["GET", "/api/email-inbox/t/"] = {**thread(), "messages": [message(**wrong)]}
        mail = client_for(api.url).mail

        for attempt in (
            lambda: mail.message("17"),
            lambda: mail.mark("17", is_read=True),
            lambda: mail.send("a@x.example", "s", text="t"),
            mail.messages,
            lambda: mail.thread("t"),
        ):
            with pytest.raises(errors.ServerNonsense):
                attempt()

    def test_a_server_that_repeats_one_page_for_ever_is_left(self, api, client_for) -> None:
        same = page(*(message(number) for number in range(100)))
        for offset in (0, 100, 200):
            api.routes["GET", f"{LIST}?limit=100&offset={offset}"] = same

        assert len(client_for(api.url).mail.messages()) == 100
        assert len(api.requests) == 2

    @pytest.mark.parametrize("ref", ["17", UUID, SLASHED])
    def test_a_message_is_named_by_number_uuid_or_message_id(self, api, client_for, ref: str) -> None:
        where = f"{LIST}{ESCAPED if ref == SLASHED else ref}/"
        api.routes["GET", where] = message()
        api.routes["PATCH", where] = lambda request: message(is_read=request.body["is_read"])
        mail = client_for(api.url).mail

        assert mail.message(ref) == message()
        assert mail.mark(ref, is_read=True)["is_read"] is True
        assert mail.mark(ref, is_read=False)["is_read"] is False

    @pytest.mark.parametrize("ref", ["", " ", ".", ".."])
    def test_what_names_no_message_is_not_sent(self, api, client_for, ref: str) -> None:
        mail = client_for(api.url).mail

        for asked in (mail.message, mail.thread, mail.raw, mail.attachment):
            with pytest.raises(errors.UsageError):
                asked(ref)
        with pytest.raises(errors.UsageError):
            mail.reply(ref, text="x")
        assert api.requests == []

    @pytest.mark.parametrize("limit", [0, -1])
    def test_a_limit_below_one_is_refused(self, api, client_for, limit: int) -> None:
        with pytest.raises(errors.UsageError):
            client_for(api.url).mail.messages(limit=limit)

    @pytest.mark.parametrize(
        ("header", "name"),
        [
            ('attachment; filename="a b.pdf"', "a b.pdf"),
            (r'attachment; filename="a\"b;c.pdf"', 'a"b;c.pdf'),
            ("attachment; filename=\"_.pdf\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%2F..%2Fx.pdf", "grüße/../x.pdf"),
            ("attachment;filename=plain.pdf;size=3", "plain.pdf"),
            ("attachment", ""),
            ("", ""),
        ],
    )
    def test_a_file_comes_with_the_name_that_the_answer_gives_it(self, play, client_for, header, name) -> None:
        disposition = f"Content-Disposition: {header}\r\n" if header else ""
        answer = f"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n{disposition}Content-Length: 3\r\n\r\n"
        player = play((READ, answer.encode() + b"\0\xff\n", CLOSE))

        file = client_for(player.url).mail.attachment(FILE_UUID)

        assert (file.filename, file.content, file.content_type) == (name, b"\0\xff\n", "application/pdf")

    def test_a_message_can_be_had_as_it_came(self, play, client_for) -> None:
        player = play((READ, b"HTTP/1.1 200 OK\r\nContent-Type: message/rfc822\r\nContent-Length: 4\r\n\r\n\r\n\0\xff"))

        assert client_for(player.url).mail.raw("17") == b"\r\n\0\xff"
        assert player.requests[0].startswith(b"GET /api/email-messages/17/raw/ ")


class TestSending:
    def test_what_is_given_is_sent_and_nothing_else(self, api, client_for) -> None:
        api.routes["POST", f"{LIST}compose/"] = (201, message())
        mail = client_for(api.url).mail

        mail.send("a@x.example, b@x.example", "s", text="t")
        mail.send(["a@x.example"], "s", html="<p>", text="t", cc="c@x.example", bcc=["d@x.example", "e@x.example"])
        mail.send("a@x.example", "s", content="either")

        assert [request.body for request in api.requests] == [
            {"to_email": "a@x.example, b@x.example", "subject": "s", "text_content": "t"},
            {
                "to_email": ["a@x.example"],
                "subject": "s",
                "text_content": "t",
                "html_content": "<p>",
                "cc": "c@x.example",
                "bcc": ["d@x.example", "e@x.example"],
            },
            {"to_email": "a@x.example", "subject": "s", "content": "either"},
        ]
        assert len({request.headers["idempotency-key"] for request in api.requests}) == 3

    def test_answers_go_to_the_message_that_they_answer(self, api, client_for) -> None:
        for how in ("reply", "reply-all", "forward"):
            api.routes["POST", f"{LIST}{ESCAPED}/{how}/"] = (201, message())
        mail = client_for(api.url).mail

        mail.reply(SLASHED, text="t")
        mail.reply(SLASHED, text="t", everybody=True, subject="s")
        mail.forward(SLASHED, "a@x.example")

        assert [request.target.rpartition(ESCAPED)[2] for request in api.requests] == [
            "/reply/",
            "/reply-all/",
            "/forward/",
        ]
        assert [request.body for request in api.requests] == [
            {"text_content": "t"},
            {"text_content": "t", "subject": "s"},
            {"to_email": "a@x.example"},
        ]

    def test_files_are_uploaded_to_the_server_itself_and_without_the_credential(self, play, client_for) -> None:
        elsewhere = "https://thief.example/api/email-attachments/u/upload/?expires=7&signature=a%2Bb"
        presigned = f'{{"uuid": "{FILE_UUID}", "upload_url": "{elsewhere}"}}'
        sent = json.dumps(message()).encode()

        def answer(status: bytes, body: bytes) -> bytes:
            head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            return head % (status, len(body)) + body

        player = play(
            (
                READ,
                answer(b"201 Created", presigned.encode()),
                READ,
                answer(b"200 OK", b"{}"),
                READ,
                answer(b"201 X", sent),
            )
        )

        client_for(player.url).mail.send("a@x.example", "s", text="t", files=[File("n.txt", b"\0\xff", "text/plain")])

        announced, uploaded, composed = player.requests
        assert b'{"filename": "n.txt", "content_type": "text/plain", "size": 2}' in announced
        assert uploaded.startswith(b"PUT /api/email-attachments/u/upload/?expires=7&signature=a%2Bb HTTP/1.1\r\n")
        assert uploaded.endswith(b"\r\n\r\n\0\xff")
        assert b"content-type: text/plain" in uploaded.lower()
        assert b"authorization" not in uploaded.lower()
        assert f'"attachment_uuids": ["{FILE_UUID}"]'.encode() in composed

    @pytest.mark.parametrize("url", ["https://x/y", "", "http://[", "/api", 7, None])
    def test_an_upload_to_anywhere_but_the_api_is_refused(self, api, client_for, url: Any) -> None:
        api.routes["POST", "/api/email-attachments/presign/"] = (201, {"uuid": UUID, "upload_url": url})

        with pytest.raises(errors.ServerNonsense):
            client_for(api.url).mail.send("a@x.example", "s", text="t", files=[File("n", b"x")])
        assert len(api.requests) == 1


async def test_the_asynchronous_client_does_the_same(api) -> None:
    presigned = {"uuid": FILE_UUID, "upload_url": f"{api.url}/api/email-attachments/u/upload/?expires=7"}
    api.routes["POST", "/api/email-attachments/presign/"] = (201, presigned)
    api.routes["PUT", "/api/email-attachments/u/upload/?expires=7"] = {}
    api.routes["POST", f"{LIST}17/reply/"] = (201, message())
    api.routes["GET", f"{LIST}?limit=1&offset=0"] = page(message())

    async with AsyncClient(make_settings(api.url)) as client:
        (found,) = await client.mail.messages(limit=1)
        sent = await client.mail.reply(str(found["id"]), text="t", files=[File("n.json", b"7")])
        with pytest.raises(errors.UsageError):
            await client.mail.message("")

    assert sent == message()
    assert "authorization" not in api.requests[2].headers
    assert api.requests[-1].body == {"text_content": "t", "attachment_uuids": [FILE_UUID]}


class TestFile:
    def test_is_read_with_a_type_that_fits_its_name(self, tmp_path: Path) -> None:
        for name, kind in (("a.pdf", "application/pdf"), ("b", "application/octet-stream"), ("c.tar.gz", None)):
            (tmp_path / name).write_bytes(b"\0\xff")
            file = File.read(str(tmp_path / name))
            assert (file.filename, file.content) == (name, b"\0\xff")
            assert file.content_type == (kind or "application/octet-stream")

    def test_that_cannot_be_read_or_is_too_large_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "large").write_bytes(bytes(LARGEST_ATTACHMENT + 1))
        (tmp_path / "largest").write_bytes(bytes(LARGEST_ATTACHMENT))
        for path in (tmp_path, tmp_path / "missing", tmp_path / "large", tmp_path / "a\0b"):
            with pytest.raises(errors.UsageError):
                File.read(str(path))
        assert len(File.read(str(tmp_path / "largest")).content) == LARGEST_ATTACHMENT

    def test_does_not_show_its_content(self) -> None:
        assert "secret" not in repr(File("a", b"secret"))
