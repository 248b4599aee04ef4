"""Headers of what a browser is to save."""

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ravi.server.mail.downloads import disposition, download

NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(deadline=None)
@given(NAMES)
def test_any_name_comes_back_whole_and_ends_nothing(name: str) -> None:
    value = disposition(name)

    assert value.isascii()
    assert value.isprintable()
    plain, _, extended = value.removeprefix('attachment; filename="').partition('"')
    assert '"' not in extended
    if extended:
        assert unquote(extended.removeprefix("; filename*=UTF-8''")) == name
    else:
        assert plain == name


@settings(deadline=None)
@given(NAMES, st.text(max_size=60))
def test_any_type_becomes_one_that_is_safe(name: str, content_type: str) -> None:
    response = download(b"x", filename=name, content_type=content_type)
    assert response.headers["content-type"] in ("application/octet-stream", content_type.lower())


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("image/png", "image/png"),
        ("IMAGE/PNG", "image/png"),
        ("application/pdf", "application/pdf"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", None),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/plain; charset=utf-8", "application/octet-stream"),
        ("text/plain\r\nX-Evil: 1", "application/octet-stream"),
        ("application/x-shockwave-flash", "application/octet-stream"),
        ("multipart/related", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_what_a_browser_might_run_is_a_heap_of_bytes(given: str, sent: str | None) -> None:
    response = download(b"x", filename="f", content_type=given)
    assert response.headers["content-type"] == (sent or given)
