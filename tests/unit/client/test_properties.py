"""What a server, a file or a variable may say to the library, whatever it is: a value, or one of our errors."""

import json
import os
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ravi.cli.attachments.saving import safe_name
from ravi.client import secret_keys
from ravi.client.calls import Call
from ravi.client.course import Course
from ravi.client.files import received
from ravi.client.http1 import Answer
from ravi.client.problems import decode
from ravi.client.proxy import find_proxy
from ravi.errors import ConfigInvalid, RateLimited, RaviError, ServerNonsense, UsageError

CALLS = (
    Call("GET", "/x/", keys=("uuid", "name"), texts=("name",)),
    Call("GET", "/x/", keys=("uuid",), many=True),
    Call("DELETE", "/x/"),
    Call("GET", "/x/", binary=True),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["detail", "code", "error", "hint", "message", "details", "retry_after_seconds", "uuid"])
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
BODIES = JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
KINDS = st.sampled_from(["application/json", "application/problem+json; x", "text/html", "", "APPLICATION/JSON;"])
HUGE = b"9" * 4000
OFTEN = settings(max_examples=150, deadline=None)


@OFTEN
@given(st.sampled_from(CALLS), st.integers(200, 599), BODIES, KINDS, st.text(max_size=12))
@example(CALLS[0], 429, b'{"detail": "x", "retry_after_seconds": %b}' % HUGE, "application/json", "9" * 400)
def test_any_answer_is_a_value_or_one_of_our_errors(
    call: Call[Any], status: int, body: bytes, kind: str, retry_after: str
) -> None:
    headers = {"content-type": kind, "retry-after": retry_after, "x-request-id": retry_after}
    try:
        value = decode(call, Answer(status, headers, body))
    except RaviError as error:
        refused = error
    else:
        assert 200 <= status < 300
        assert call.many is isinstance(value, list) or not call.keys
        return
    assert len(refused.message) <= 2100
    assert isinstance(refused.hint, str)
    if isinstance(refused, RateLimited):
        assert 1 <= float(refused.retry_after) < 10**10, "nobody can wait for that"


FRAMES = st.lists(
    st.sampled_from(
        [
            *(b"event: end\n", b"event: x\n", b": comment\n", b"\n", b"\r\n", b"\r", b"data\n", b"id\n", b"\x00"),
            *(b'data: {"seq": 7, "type": "t", "data": {}}\n', b"data: {\n", b"data: []\n", b"data: 1\n", b"\xff\n"),
            *(b"id: 7\n", b"id: -1\n", b"id: \xd9\xa3\n", b"id: " + HUGE + b"99999\n", b"retry: 0\n", b"data: [" * 40),
            b'data: {"seq": ' + HUGE + b', "type": 1}\n',
        ]
    )
    | st.binary(max_size=8),
    max_size=14,
).map(b"".join)


@OFTEN
@given(FRAMES, st.lists(st.integers(0, 600), max_size=5))
@example(b"id: " + HUGE + b'99999\ndata: {"seq": 7, "type": "t"}\n\n', [])
def test_any_bytes_of_a_stream_are_events_or_nonsense(stream: bytes, cuts: list[int]) -> None:
    course = Course(None)
    course.connected()
    places = sorted({0, *(min(cut, len(stream)) for cut in cuts), len(stream)})
    try:
        for start, end in pairwise(places):
            for event in course.take(stream[start:end]):
                assert isinstance(event["seq"], int)
    except ServerNonsense:
        return
    assert course.cursor is None or 0 <= course.cursor < 10**19
    assert all("\n" not in value for _, value in course.headers())
    assert course.pause_after(None) >= 0


PROXIES = st.sampled_from(
    [
        "http://",
        "https://",
        "socks5://",
        "user:pass@",
        "@",
        "%zz%41@",
        "proxy.example",
        "[::1]",
        "[",
        ":3128",
        ":",
        "/x",
    ]
) | st.text(max_size=6)
TEXTS = st.lists(PROXIES, max_size=5).map("".join)


@OFTEN
@given(
    st.sampled_from(["http://ravi.example", "https://ravi.example:8443", "https://[2001:db8::1]", "http://127.0.0.1"]),
    st.dictionaries(st.sampled_from(["http_proxy", "https_proxy", "ALL_PROXY", "no_proxy", "HTTP_PROXY"]), TEXTS),
)
def test_any_variable_is_a_proxy_or_none_or_refused_without_its_password(server: str, environ: dict[str, str]) -> None:
    environ = {name: f"{value}secret:hunter2@" if "@" in value else value for name, value in environ.items()}
    try:
        proxy = find_proxy(server, environ)
    except ConfigInvalid as error:
        said = f"{error.message} {error.hint}"
    else:
        assert proxy is None or (1 <= proxy.port <= 65535 and proxy.host.isascii())
        assert proxy is None or "127.0.0.1" not in server
        said = repr(proxy)
        if proxy and proxy.authorization:
            assert "\n" not in proxy.authorization
    assert "hunter2" not in said


@OFTEN
@given(st.text(max_size=20) | st.from_regex(r"\s?[A-Za-z_][A-Za-z0-9_]{0,140}\s?", fullmatch=True))
def test_any_name_of_a_secret_is_kept_as_it_is_or_refused(text: str) -> None:
    try:
        name = secret_keys.normalise(text)
    except UsageError:
        assert not secret_keys.fits(text)
        return
    assert secret_keys.fits(name)
    assert secret_keys.normalise(name) == name
    assert name == text.strip().upper()


DISPOSITIONS = st.lists(
    st.sampled_from(
        ["attachment", ";", "filename", "*", "=", "UTF-8''", '"', "\\", "%2e", "%2F", "%00", "../", "a", " ", "..", "é"]
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@OFTEN
@given(DISPOSITIONS)
def test_any_name_of_a_received_file_is_saved_in_its_folder(disposition: str) -> None:
    name = safe_name(received(Answer(200, {"content-disposition": disposition}, b"")).filename)

    assert name == safe_name(name)
    assert os.path.basename(name) == name
    assert name not in ("", ".", "..")
    assert name.isprintable()
    assert len(os.fsencode(name)) <= 255
    assert not set("/\\\0<>:\"|?*$`;&'") & set(name) - {"'"}
