"""HTTP as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ravi.client.http1 import MAX_BODY, MAX_HEAD, AnswerReader, encode_target, serialise
from ravi.errors import ServerNonsense, UsageError

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX: trailer\r\n\r\n"
)


def read(data: bytes, size: int = 65536) -> AnswerReader:
    reader = AnswerReader()
    for start in range(0, len(data), size):
        if reader.complete:
            break
        reader.feed(data[start : start + size])
    return reader


@pytest.mark.parametrize("size", [1, 2, 3, 7, 65536])
def test_an_answer_is_read_however_it_is_cut(size) -> None:
    reader = read(OK, size)

    answer = reader.answer()
    assert (answer.status, answer.body, answer.content_type) == (200, b"{}", "application/json")
    assert reader.complete
    assert reader.reusable


@pytest.mark.parametrize("size", [1, 5, 65536])
def test_a_chunked_answer_is_put_together_and_trailers_are_no_headers(size) -> None:
    reader = read(CHUNKED, size)

    assert reader.complete
    assert reader.answer().body == b"hello world"
    assert "x" not in reader.answer().headers


def test_interim_answers_are_passed_over() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"

    answer = read(interim + OK, 5).answer()

    assert (answer.status, answer.body) == (200, b"{}")
    assert "x-early" not in answer.headers


def test_without_a_length_the_answer_ends_with_the_connection() -> None:
    reader = AnswerReader()
    reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhel")
    reader.feed(b"lo")
    assert not reader.complete

    reader.end()

    assert reader.answer().body == b"hello"
    assert not reader.reusable


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_an_answer_that_stops_in_the_middle_is_none(data) -> None:
    reader = read(data)

    with pytest.raises(ServerNonsense, match="in the middle"):
        reader.end()


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"220 mail.example.com ESMTP\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_what_is_not_http_is_nonsense(data) -> None:
    with pytest.raises(ServerNonsense):
        read(data)


@pytest.mark.parametrize("upgrade", [b"", b"Connection: upgrade\r\nUpgrade: h2c\r\n"])
def test_a_switch_of_protocols_is_nonsense(upgrade) -> None:
    with pytest.raises(ServerNonsense, match="switch to another protocol"):
        read(b"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + b"\r\n")


@pytest.mark.parametrize("surplus", [b"x", OK, b"\r\n", b"HTTP/1.1 500 Evil\r\nContent-Length: 1\r\n\r\nx"])
def test_what_follows_an_answer_is_not_read_and_ends_the_connection(surplus) -> None:
    reader = AnswerReader()
    reader.feed(OK + surplus)

    answer = reader.answer()
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"{}", "2")
    assert reader.reusable is (surplus == b"\r\n")


def test_connection_close_is_heeded() -> None:
    assert not read(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).reusable
    assert not read(OK.replace(b"HTTP/1.1", b"HTTP/1.0")).reusable


def test_no_content_is_complete_with_its_head() -> None:
    reader = read(b"HTTP/1.1 204 No Content\r\n\r\n")

    assert reader.complete
    assert reader.reusable
    assert reader.answer().body == b""


def test_endless_headers_are_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\nX: " + b"a" * MAX_HEAD

    with pytest.raises(ServerNonsense, match="headers of more than 64 KiB"):
        read(endless, 4096)


def test_endless_interim_answers_are_given_up() -> None:
    with pytest.raises(ServerNonsense, match="headers of more than"):
        read(b"HTTP/1.1 102 Processing\r\n\r\n" * 4000)


def test_an_answer_that_announces_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(ServerNonsense, match="more than 32 MiB"):
        read(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1))


def test_an_answer_that_turns_out_too_long_is_given_up() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_BODY + 1)

    with pytest.raises(ServerNonsense, match="more than 32 MiB"):
        read(endless)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_an_answer_or_nonsense(data, size) -> None:
    for prefix in (b"", b"HTTP/1.1 200 OK\r\n"):
        try:
            reader = read(prefix + data, size)
            reader.end()
        except ServerNonsense:
            continue
        assert reader.answer().status >= 200


class TestRequests:
    def test_a_request_on_the_wire(self) -> None:
        data = serialise("POST", "/x/", [("Host", "h"), ("Accept", "*/*")], b"{}")

        assert data == b"POST /x/ HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nContent-Length: 2\r\n\r\n{}"

    @pytest.mark.parametrize(("method", "has"), [("GET", False), ("DELETE", False), ("POST", True), ("PATCH", True)])
    def test_an_absent_body_is_announced_where_one_could_be(self, method, has) -> None:
        assert (b"Content-Length: 0" in serialise(method, "/", [], None)) is has

    @pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0b", "ü", " a", "a ", "a\tb", "\x7f"])
    def test_a_header_value_cannot_end_its_line(self, value) -> None:
        with pytest.raises(UsageError) as caught:
            serialise("GET", "/", [("X-Ravi-Identity", value)], None)
        assert value not in caught.value.message

    @pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\n", "ü"])
    def test_a_header_name_is_a_name(self, name) -> None:
        with pytest.raises(UsageError):
            serialise("GET", "/", [(name, "x")], None)

    @pytest.mark.parametrize(("method", "target"), [("GE T", "/"), ("GET", "/ x"), ("GET", "/\r\n"), ("GET", "/ü")])
    def test_method_and_target_cannot_end_theirs(self, method, target) -> None:
        with pytest.raises(UsageError):
            serialise(method, target, [], None)

    @pytest.mark.parametrize(
        ("path", "query", "target"),
        [
            ("/api/x/", None, "/api/x/"),
            ("/api/x/", {}, "/api/x/"),
            ("/a b/ü?#%/", None, "/a%20b/%C3%BC%3F%23%25/"),
            ("/a/+@:<>/", None, "/a/+@:%3C%3E/"),
            ("/x/\r\nHost: evil/", None, "/x/%0D%0AHost:%20evil/"),
            ("/x/", {"name": "a&b=c +/é"}, "/x/?name=a%26b%3Dc%20%2B%2F%C3%A9"),
            ("/x/", {"label": ["a=1", "b=2"], "none": None, "empty": []}, "/x/?label=a%3D1&label=b%3D2"),
        ],
    )
    def test_a_target_is_escaped(self, path, query, target) -> None:
        assert encode_target(path, query) == target

    @pytest.mark.parametrize("path", ["", "x", "//evil.example/x", "/a/../b", "/./a", "/a/.."])
    def test_a_path_stays_where_it_is(self, path) -> None:
        with pytest.raises(UsageError):
            encode_target(path)

    def test_text_that_is_not_unicode_is_refused(self) -> None:
        with pytest.raises(UsageError):
            encode_target("/x/", {"name": "\ud800"})
