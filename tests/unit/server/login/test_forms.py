"""Any small body of a browser or an OAuth library is fields or a refusal."""

import asyncio
import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from ravi.errors import RaviError
from ravi.server.login.forms import LARGEST, read_form, read_json_or_form

KINDS = st.sampled_from(
    [
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "multipart/form-data", "text/plain"),
        *("application/json", "APPLICATION/JSON; charset=x", "", "multipart/form-data; boundary=" + "b" * 300),
    ]
)
BODIES = st.lists(
    st.sampled_from(
        [
            *(b"a=b", b"&", b"=", b"%", b"%zz", b"%00", b"+", b"{", b'{"a": 1}', b"[]", b'{"a":', b"\xff", b"\r\n"),
            *(
                b"--b\r\n",
                b'Content-Disposition: form-data; name="a"\r\n\r\n',
                b'; filename="x"',
                b"--b--",
                b"a" * 6000,
            ),
        ]
    )
    | st.binary(max_size=5),
    max_size=9,
).map(b"".join)


@settings(max_examples=200, deadline=None)
@given(KINDS, BODIES, st.integers(1, 4000))
def test_any_body_is_fields_or_refused(kind: str, body: bytes, piece: int) -> None:
    async def read(reader: Any) -> Any:
        pieces = [body[at : at + piece] for at in range(0, len(body), piece)] or [b""]

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "headers": [(b"content-type", kind.encode())],
        }
        return await reader(Request(scope, receive))

    for reader in (read_form, read_json_or_form):
        with contextlib.suppress(RaviError):
            found = asyncio.run(read(reader))
            assert isinstance(found, dict)
            assert len(body) <= LARGEST
            assert all(isinstance(name, str) for name in found)
            assert len(found) <= max(20, body.count(b":"))
