"""What is only read: the front page, the API's documentation, the stylesheet."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ravi.server.web import reference
from ravi.server.web.rendering import STYLESHEET, Pages
from ravi.server.web.visitor import Visitors


class ReadingPages:
    """Pages without a form of their own."""

    def __init__(self, pages: Pages, visitors: Visitors, openapi_document: dict[str, Any]) -> None:
        self._pages = pages
        self._visitors = visitors
        self._schema = msgspec.json.encode(openapi_document)
        # The routes do not change while we run.
        self._docs = pages.show(
            "docs.html", groups=reference.groups(openapi_document), refusal=reference.refusal(openapi_document)
        ).body

    async def front(self, request: Request) -> Response:
        return self._pages.show("front.html", visitor=await self._visitors.find(request))

    async def docs(self, request: Request) -> Response:
        return Response(self._docs, media_type="text/html")

    async def schema(self, request: Request) -> Response:
        return Response(self._schema, media_type="application/json")

    async def stylesheet(self, request: Request) -> Response:
        return Response(
            STYLESHEET, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"}
        )
