"""What callers see of waiting: one held request after the other, and what ends it."""

import json
from typing import Any

import pytest

from ravi import AsyncClient, errors
from ravi.client.nouns import waiting
from tests.support.fake_servers import CLOSE, READ, make_settings, problem
from tests.support.mail_rows import message

PATH = ("POST", "/api/wait/")
NOTHING = {"found": False, "cursor": "7.0", "held_back": 0}
FOUND: dict[str, Any] = {
    "found": True,
    "cursor": "17.0",
    "medium": "mail",
    "held_back": 1,
    "code": "482913",
    "candidates": [{"value": "482913", "score": 0.95}],
    "message": message(),
    "others": [],
}


def json_answer(document: Any) -> bytes:
    content = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE_SECONDS", 0.01)


def test_everything_that_narrows_is_said_in_each_request(api, client_for) -> None:
    api.routes[PATH] = [NOTHING, FOUND]
    since = "2026-02-25T10:30:00Z"

    found = client_for(api.url).wait.for_code(
        sender="shop.example", subject="code", since=since, timeout=60, peek=True, allow_unverified=True
    )

    assert (found["code"], found["message"]["id"]) == ("482913", 17)
    first, second = (request.body for request in api.requests)
    assert first == {
        "want": "otp",
        "sender": "shop.example",
        "subject": "code",
        "since": since,
        "seconds": 6,  # of the ten that this client waits for an answer
        "peek": True,
        "allow_unverified": True,
    }
    assert second == {**first, "cursor": "7.0"}


def test_what_is_not_given_is_not_sent(api, client_for) -> None:
    link = {**FOUND, "link": "https://shop.example/verify/1"}
    api.routes[PATH] = [link, FOUND]
    client = client_for(api.url, timeout=30.0)

    assert client.wait.for_link()["link"] == "https://shop.example/verify/1"
    assert client.wait.for_message()["message"]["subject"] == "Hello"
    assert [request.body for request in api.requests] == [
        {"want": "link", "seconds": 25},
        {"want": "message", "seconds": 25},
    ]


def test_time_that_is_up_is_an_error_that_counts_what_was_held_back(api, client_for) -> None:
    api.routes[PATH] = [{**NOTHING, "held_back": 2}, {**NOTHING, "held_back": 1}, NOTHING]

    with pytest.raises(errors.TimedOut, match=r"no message with a code within 0\.1 s") as caught:
        client_for(api.url).wait.for_code(sender="shop.example", timeout=0.1)

    assert caught.value.details == {"held_back": 3}
    assert "--allow-unverified" in caught.value.hint


def test_a_timeout_of_nothing_looks_once(api, client_for) -> None:
    api.routes[PATH] = NOTHING

    with pytest.raises(errors.TimedOut):
        client_for(api.url).wait.for_link(timeout=0)
    assert [request.body["seconds"] for request in api.requests] == [0]


def test_a_negative_timeout_is_refused_before_anything_is_sent(api, client_for) -> None:
    with pytest.raises(errors.UsageError):
        client_for(api.url).wait.for_link(timeout=-1)
    assert api.requests == []


def test_messages_that_were_held_back_on_the_way_are_counted_with_what_was_found(api, client_for) -> None:
    api.routes[PATH] = [{**NOTHING, "held_back": 2}, FOUND]

    assert client_for(api.url).wait.for_code()["held_back"] == 3


def test_a_server_that_is_restarted_in_between_has_lost_nothing(play, client_for) -> None:
    """It ends the first request, is not there for a while, and then answers behind the same cursor."""
    player = play((READ, json_answer(NOTHING), CLOSE), (READ, CLOSE), (READ, json_answer(FOUND)))
    found = client_for(player.url).wait.for_code(timeout=20)

    assert found["code"] == "482913"
    assert [b'"cursor": "7.0"' in request for request in player.requests] == [False, True, True]


def test_a_server_that_is_not_there_at_all_is_an_error_at_once(client_for) -> None:
    with pytest.raises(errors.ServerUnreachable):
        client_for("http://127.0.0.1:9").wait.for_code(timeout=60)


def test_a_server_that_cannot_just_now_is_asked_again(api, client_for) -> None:
    api.routes[PATH] = [NOTHING, (503, problem("server.unavailable", "in a moment")), FOUND]

    assert client_for(api.url).wait.for_code(timeout=20)["code"] == "482913"


def test_an_identity_that_is_switched_off_ends_the_wait(api, client_for) -> None:
    api.routes[PATH] = [NOTHING, (403, problem("identity.disabled", "switched off"))]

    with pytest.raises(errors.IdentityDisabled):
        client_for(api.url).wait.for_code(timeout=60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cursor": 7},
        {"held_back": None},
        {"code": None},
        {"code": 482913},
        {"candidates": None},
        {"others": None},
        {"message": None},
        {"message": {}},
    ],
)
def test_an_answer_without_what_is_relied_on_is_not_believed(api, client_for, wrong: dict[str, Any]) -> None:
    api.routes[PATH] = {**FOUND, **wrong}

    with pytest.raises(errors.ServerNonsense):
        client_for(api.url).wait.for_code()


async def test_awaiting_does_the_same(api) -> None:
    api.routes[PATH] = [NOTHING, FOUND]
    async with AsyncClient(make_settings(api.url), timeout=30.0) as ravi:
        assert (await ravi.wait.for_code())["code"] == "482913"
