"""The tool that waits for a code, a link or a message."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ravi.cli.mcp.shown import LAYOUT
from ravi.cli.message import view as mails
from ravi.cli.sms import view as texts
from ravi.client.aio import AsyncClient

#: In seconds. Many harnesses give a tool a minute.
USUAL = 50
LONGEST = 600


class WaitingTools:
    """Act through *client*, whose identity is fixed."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def ravi_wait(
        self,
        for_: Annotated[
            Literal["code", "link", "message"],
            Field(alias="for", description="a one-time code, a link that confirms or signs in, or any message"),
        ],
        sender: Annotated[
            str | None,
            Field(alias="from", description="only from this address or domain, or the number or word texts come from"),
        ] = None,
        subject: Annotated[str | None, Field(description="only with this in the subject")] = None,
        medium: Annotated[Literal["any", "mail", "sms"], Field(description="only by this way")] = "any",
        since: Annotated[str | None, Field(description="nothing older than this RFC 3339 time")] = None,
        timeout_seconds: Annotated[int, Field(ge=0, le=LONGEST, description="give up after so many seconds")] = USUAL,
        peek: Annotated[bool, Field(description="leave the code or link to be handed out again")] = False,
        allow_unverified: Annotated[bool, Field(description="take any message that says it is from there")] = False,
    ) -> str:
        """
        Wait for the next code, link or message that comes to you by mail or SMS, such as after a sign-up.

        What is there and unread counts too. A code or link is handed out once. With from, only messages count of
        which it is certain who sent them. When time is up, call again to go on waiting.
        """
        waiting = self._client.wait
        wait = {"code": waiting.for_code, "link": waiting.for_link, "message": waiting.for_message}[for_]
        found = await wait(
            medium=None if medium == "any" else medium,
            sender=sender,
            subject=subject,
            since=since,
            timeout=timeout_seconds,
            peek=peek,
            allow_unverified=allow_unverified,
        )
        by_sms = found["medium"] == "sms"
        whole = texts.message(LAYOUT, found["sms"]) if by_sms else mails.message(LAYOUT, found["message"])
        if for_ == "message":
            return whole
        value = found["code"] if for_ == "code" else found["link"]
        others = len(found["others"])
        facts = LAYOUT.facts(
            [
                (for_, value),
                ("medium", found["medium"]),
                ("others", f"{others} that fit and came later say something else" if others else None),
            ]
        )
        return f"{facts}\n{whole}"
