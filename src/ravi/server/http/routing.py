"""
The route table: a route is declared once and everything else is read off its handler's signature.

A handler is an async function. Its parameters say what it needs:

    who: Principal          the caller (a route without it and with scope None is public)
    body: SomeTypedDict     the decoded JSON body; an empty one counts as {}
    query: SomeTypedDict    the decoded query string; unknown names are ignored
    paging: Paging          the part of a list that is asked for, to cut it out in SQL and answer a `Page`
    request: Request        the raw request, where a shape does not do
    anything named in the path, str or int
    anything else           a service, by its type

and its return annotation says what is encoded. `Answer` carries another status or headers than the declared
ones; `Later` is what is left to do inside a transaction; a `Page` of a list goes out as the bare array or in an
envelope, whichever was asked for; a Starlette `Response` is sent as it is.
"""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from starlette.responses import Response

from ravi.server.http.paging import Page
from ravi.server.http.principal import Principal, Selects
from ravi.wire.scopes import Scope

#: What a route reads unless it declares another limit.
LARGEST_BODY = 1024 * 1024

T = TypeVar("T")
Handler = Callable[..., Awaitable[Any]]
#: What has to be done outside the transaction in which a handler runs, such as asking somebody who is far away.
Around = Callable[..., AbstractAsyncContextManager[None]]

Weigh = Callable[..., int]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A body with a status of its own."""

    body: T
    status: int = 200


@dataclass(frozen=True, slots=True)
class Later(Generic[T]):
    """
    The second half of a handler, whose first half takes long and changes nothing.

    Only `finish`, whose result is the body, runs inside the transaction of an Idempotency-Key.
    """

    finish: Callable[[], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Route:
    """One method on one path. `scope` None means: no credential is asked for."""

    method: str
    path: str
    scope: Scope | None
    handler: Handler
    status: int
    selects: Selects
    creates: bool
    """Takes an Idempotency-Key: the same key and request get the same answer, made once."""
    lists: bool
    """Answers a bare array, or an envelope when paging is asked for."""
    summary: str
    tag: str
    hints: dict[str, Any] = field(repr=False)
    """The handler's annotations, resolved; `return` included."""
    takes: Any = None
    """The body's shape, where the handler reads the raw request: for the documentation."""
    gives: Any = None
    """The answer's shape, where the handler returns a raw response: for the documentation."""
    refuses: Any = None
    """A refusal's shape, where it is another than everywhere: for the documentation."""
    around: Around | None = None
    """Entered with the handler's arguments before the transaction of an Idempotency-Key begins, left at the end."""
    largest_body: int = LARGEST_BODY
    """In bytes. More is read of nobody, so it is also how much memory one request may take."""
    holds: bool = False
    """Is held until something happens, perhaps for hours: such requests are counted apart."""
    weighs: Weigh | None = None
    """Called with the handler's arguments: how many requests one is worth that does the work of many."""
    unlimited: bool = False
    """Is answered however much the server has to do: health, and what clients must not be refused."""

    @property
    def in_halves(self) -> bool:
        """Whether the handler returns `Later`."""
        return get_origin(self.hints.get("return")) is Later

    @property
    def statuses(self) -> list[int]:
        """The statuses of a success, the declared one first. An `Answer` says by 200 or 201 whether anything is new."""
        either = get_origin(self.hints.get("return")) is Answer
        return [self.status, *(status for status in (200, 201) if either and status != self.status)]

    @property
    def parameters(self) -> list[str]:
        """The names in the path, in order."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


class Routes:
    """The routes of one noun, collected by its decorators."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.all: list[Route] = []

    def get(self, path: str, *, scope: Scope | None, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("GET", path, scope, **more)

    def post(self, path: str, *, scope: Scope | None, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("POST", path, scope, **more)

    def patch(self, path: str, *, scope: Scope | None, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("PATCH", path, scope, **more)

    def put(self, path: str, *, scope: Scope | None, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("PUT", path, scope, **more)

    def delete(self, path: str, *, scope: Scope | None, **more: Any) -> Callable[[Handler], Handler]:
        return self._route("DELETE", path, scope, **more)

    def _route(
        self,
        method: str,
        path: str,
        scope: Scope | None,
        *,
        status: int = 200,
        selects: Selects = Selects.IGNORES,
        creates: bool = False,
        lists: bool = False,
        takes: Any = None,
        gives: Any = None,
        refuses: Any = None,
        around: Around | None = None,
        largest_body: int = LARGEST_BODY,
        holds: bool = False,
        weighs: Weigh | None = None,
        unlimited: bool = False,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            hints = get_type_hints(handler)
            if scope is None and Principal in hints.values():
                raise TypeError(f"{method} {path}: a handler that asks who is calling needs a scope")
            if get_origin(hints.get("return")) is Page and not lists:
                raise TypeError(f"{method} {path}: a page is part of a list, and this is declared as none")
            summary = (inspect.getdoc(handler) or "").split("\n\n")[0].replace("\n", " ")
            self.all.append(
                Route(
                    method=method,
                    path=path,
                    scope=scope,
                    handler=handler,
                    status=status,
                    selects=selects,
                    creates=creates,
                    lists=lists,
                    summary=summary,
                    tag=self.tag,
                    hints=hints,
                    takes=takes if takes is not None else hints.get("body"),
                    gives=gives if gives is not None else _shape(hints.get("return")),
                    refuses=refuses,
                    around=around,
                    largest_body=largest_body,
                    holds=holds,
                    weighs=weighs,
                    unlimited=unlimited,
                )
            )
            return handler

        return register


def _shape(result: Any) -> Any:
    """Return what a handler's annotation says about the body; None when it says nothing."""
    if get_origin(result) in (Answer, Later):
        (result,) = get_args(result)
    if get_origin(result) is Page:
        (item,) = get_args(result)
        result = list[item]  # type: ignore[valid-type]  # a shape that is known at run time only
    raw = isinstance(result, type) and issubclass(result, Response)
    return None if raw or result is type(None) else result
