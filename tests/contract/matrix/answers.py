"""Comparing answers: what is left when everything that differs by itself is taken out."""

import json
import re
from typing import Any

import httpx2

from tests.contract.matrix.references import Told

#: Differ from one request to the next.
FLEETING = {"x-request-id", "content-length"}


def told(answer: httpx2.Response) -> Told:
    """Status and code of *answer*."""
    document = document_of(answer)
    code = document.get("code", "") if isinstance(document, dict) and answer.status_code >= 400 else ""
    return Told(answer.status_code, code)


def same(one: httpx2.Response, its: Any, other: httpx2.Response, others: Any) -> bool:
    """Whether two answers differ in nothing but in *its* and *others*: how it was called in the requests."""
    return _bare(one) == _bare(other) or _bare(one, its) == _bare(other, others)


def _bare(answer: httpx2.Response, named: Any = "") -> tuple[int, dict[str, str], str]:
    document = document_of(answer)
    if isinstance(document, dict):
        document.pop("request_id", None)
    headers = {name: value for name, value in answer.headers.items() if name not in FLEETING}
    return answer.status_code, headers, without(json.dumps(document), named)


def without(text: str, named: Any) -> str:
    """*text* with an ellipsis for each *named* in it."""
    for spelling in {json.dumps(str(named))[1:-1], str(named)}:
        if spelling:
            text = re.sub(rf"(?<!\w){re.escape(spelling)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text


def document_of(answer: httpx2.Response) -> Any:
    """The document in *answer*; its text where there is none."""
    try:
        return answer.json()
    except ValueError:
        return answer.text
