"""The shapes of what Twilio answers: a resource, a page of a list, an error."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web


def found(rows: dict[str, dict[str, Any]], request: web.Request) -> dict[str, Any]:
    row = rows.get(request.match_info["sid"])
    if row is None:
        raise web.HTTPNotFound
    return row


def answer(content: dict[str, Any], status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(content, status=status, headers=headers)


def paged(request: web.Request, key: str, rows: list[dict[str, Any]]) -> web.Response:
    """One page, and where the next one is: a path without the server's name."""
    size, page = min(int(request.query.get("PageSize", "50")), 1000), int(request.query.get("Page", "0"))
    part = rows[page * size : (page + 1) * size]
    more = None
    if (page + 1) * size < len(rows):
        asked = {**request.query, "PageSize": str(size), "Page": str(page + 1), "PageToken": f"PA{part[-1]['sid']}"}
        more = f"{request.path}?{urlencode(asked)}"
    shown = [{name: value for name, value in row.items() if name != "status_callback"} for row in part]
    return answer(
        {
            key: shown,
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + len(part) - 1,
            "uri": request.path_qs,
            "first_page_uri": f"{request.path}?PageSize={size}&Page=0",
            "next_page_uri": more,
            "previous_page_uri": None,
        }
    )
