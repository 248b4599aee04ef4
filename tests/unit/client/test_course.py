"""Following events, without a network: frames in any pieces, where to resume, when to come back."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.client.course import MAX_FRAME, PAUSES, Course, is_stream
from ravi.client.http1 import Answer
from ravi.errors import Forbidden, RateLimited, ServerNonsense, ServerUnreachable, Unauthenticated, Unavailable


def frame(seq: int, text: str = "x") -> bytes:
    data = json.dumps({"id": "u", "seq": seq, "type": "test.happened", "data": {"text": text}}, ensure_ascii=False)
    return f"id: {seq}\nevent: test.happened\ndata: {data}\n\n".encode()


STREAM = (
    b": listening\nretry: 1000\nid: 4\n\n" + frame(5) + b": still here\n\n" + frame(9, "h\u00e9\u2028llo") + frame(11)
)


def begun(since: int | None = None) -> Course:
    course = Course(since)
    course.connected()
    return course


@given(st.lists(st.integers(0, len(STREAM)), max_size=12), st.booleans())
def test_events_come_out_whole_however_the_bytes_come_in(cuts: list[int], dos: bool) -> None:
    course, found = begun(), []
    places = [0, *sorted(cuts), len(STREAM)]
    for start, end in itertools.pairwise(places):
        piece = STREAM[start:end]
        found += course.take(piece.replace(b"\n", b"\r\n") if dos else piece)

    assert [event["seq"] for event in found] == [5, 9, 11]
    assert found[1]["data"]["text"] == "h\u00e9\u2028llo"
    assert course.cursor == 11


def test_the_place_is_known_before_the_first_event_and_asked_for_when_it_comes_back() -> None:
    course = begun()
    assert ("Last-Event-ID", "4") not in course.headers()
    assert course.take(STREAM[:34]) == []
    assert ("Last-Event-ID", "4") in course.headers()


def test_half_a_frame_is_forgotten_with_its_connection_and_not_stepped_over() -> None:
    course = begun()
    assert [event["seq"] for event in course.take(frame(5) + frame(6)[:-3])] == [5]
    course.connected()
    assert course.cursor == 5
    assert [event["seq"] for event in course.take(frame(6))] == [6]


@pytest.mark.parametrize("data", [b"{", b"[]", b"7", b'{"seq": "5"}', b'{"seq": 5}'])
def test_what_is_no_event_is_refused_and_its_place_not_taken(data: bytes) -> None:
    course = begun(3)
    with pytest.raises(ServerNonsense):
        course.take(b"id: 9\nevent: x\ndata: " + data + b"\n\n")
    assert course.cursor == 3


def test_an_event_without_end_is_refused() -> None:
    with pytest.raises(ServerNonsense):
        begun().take(b"data: " + b"x" * MAX_FRAME)


def test_before_it_has_begun_every_failure_is_final() -> None:
    for problem in (ServerUnreachable("gone"), Unavailable("stopping"), ServerNonsense("?")):
        with pytest.raises(type(problem)):
            Course(None).pause_after(problem)


def test_later_only_a_refusal_is_final() -> None:
    for problem in (ServerUnreachable("gone"), Unavailable("stopping"), ServerNonsense("?"), None):
        assert begun().pause_after(problem) > 0
    for refusal in (Unauthenticated("revoked"), Forbidden("switched off")):
        with pytest.raises(type(refusal)):
            begun().pause_after(refusal)


def test_pauses_grow_until_something_comes_again() -> None:
    course = begun()
    assert [course.pause_after(None) for _ in range(7)] == [*PAUSES, PAUSES[-1], PAUSES[-1]]
    course.take(b": still here\n\n")
    assert course.pause_after(None) == PAUSES[0]
    assert begun().pause_after(RateLimited("slow down", retry_after=33)) == 33


@pytest.mark.parametrize(("reason", "waits"), [("credential_expired", False), ("server_stopping", True)])
def test_the_servers_own_end_says_whether_to_wait(reason: str, waits: bool) -> None:
    course = begun()
    assert course.take(b'event: end\ndata: {"reason":"' + reason.encode() + b'"}\n\n') == []
    assert (course.pause_after(None) > 0) is waits


def test_an_answer_is_a_stream_only_when_it_says_so() -> None:
    assert is_stream(Answer(200, {"content-type": "text/event-stream; charset=utf-8"}, b""))
    assert not is_stream(Answer(401, {"content-type": "application/json"}, b""))
    with pytest.raises(ServerNonsense):
        is_stream(Answer(200, {"content-type": "text/html"}, b""))
