"""Log lines: one JSON object each, an event and its fields, and nothing else."""

import json
import logging
import sys

import pytest

from ravi.server.http import logs
from ravi.server.http.access_log import AccessLog


def line_of(record: logging.LogRecord) -> dict[str, object]:
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    return json.loads(text)


def record(event: str, **extra: object) -> logging.LogRecord:
    return logging.getLogger("ravi.test").makeRecord(
        "ravi.test", logging.INFO, __file__, 1, event, (), None, extra=extra
    )


def test_a_line_has_the_event_and_its_fields_only() -> None:
    line = line_of(record("mail refused", reason="full", count=3))

    assert line.pop("at")
    assert line == {"level": "info", "logger": "ravi.test", "event": "mail refused", "reason": "full", "count": 3}


def test_nothing_breaks_out_of_its_line() -> None:
    line = line_of(record("a\n{}", field='"\n\r\x1b[31m'))

    assert line["field"] == '"\n\r\x1b[31m'


def test_an_exception_is_one_field() -> None:
    try:
        raise ValueError("of no use")
    except ValueError:
        failed = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, "fault", (), sys.exc_info())

    assert "ValueError: of no use" in str(line_of(failed)["fault"])


def test_a_field_that_is_no_json_value_is_written_as_text() -> None:
    assert line_of(record("event", what=ValueError("x")))["what"] == "x"


async def test_an_access_line_has_no_query_body_or_header(capfd: pytest.CaptureFixture[str]) -> None:
    log = AccessLog()
    log.request(method="GET", path="/api/", status=200, seconds=0.0123, request_id="r", credential="uuid")
    log.flush()

    line = json.loads(capfd.readouterr().err)
    assert line.pop("at")
    assert line == {
        "level": "info",
        "logger": "ravi.http",
        "event": "request",
        "method": "GET",
        "path": "/api/",
        "status": 200,
        "ms": 12.3,
        "request_id": "r",
        "credential": "uuid",
    }


async def test_a_disabled_access_log_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    log = AccessLog(enabled=False)
    log.request(method="GET", path="/", status=200, seconds=0, request_id="r", credential=None)
    log.flush()

    assert capfd.readouterr().err == ""
