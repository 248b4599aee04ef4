"""How long the body of a request may take to arrive: whoever never sends it must not keep a place for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ravi.errors import Malformed

#: From the end of the head to the end of the body, also where nothing of it comes. Uploads have a measure of their own.
BODY_SECONDS = 30.0


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Read a body inside this block. Raises Malformed when it takes longer than `BODY_SECONDS`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield
    except TimeoutError:
        raise Malformed(f"the body did not arrive within {BODY_SECONDS:g} seconds") from None
