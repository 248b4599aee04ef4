"""A listener in process, with the real mail service and a real database behind it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.smtp import Office, Wire, office_on

MakeOffice = Callable[..., AbstractAsyncContextManager[Office]]


@pytest.fixture
def make_office(tmp_path: Path) -> MakeOffice:
    """A function that opens an office with limits of its own."""
    return lambda **limits: office_on(f"sqlite://{tmp_path}/ravi.db", tmp_path, **limits)


@pytest.fixture
async def office(make_office: MakeOffice) -> AsyncIterator[Office]:
    async with make_office() as it:
        yield it


@pytest.fixture
async def wire(office: Office) -> Wire:
    """A connection that was greeted."""
    return await office.greeted()
