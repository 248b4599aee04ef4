"""Tools for the vault. Lists have no values; a value is opened on this machine, and only the one that is asked for."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from ravi.cli.mcp.shown import LAYOUT, names
from ravi.client.aio import AsyncClient


class VaultTools:
    """Act through *client*, whose identity is fixed."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def ravi_password_list(self) -> str:
        """List the sites that you have passwords for, with the uuid of each entry, without passwords."""
        found = await self._client.passwords.list(usernames=False)
        return names([f"{each['uuid']} {each['domain']}" for each in found], "sign-ins")

    async def ravi_password_get(
        self, site: Annotated[str, Field(description="a domain or URL, or the uuid of an entry")]
    ) -> str:
        """Get the username and password of one site, as JSON. They become part of this conversation."""
        entry = await self._client.passwords.get(site)
        shown = {"domain": entry["domain"], "username": entry["username"], "password": entry["password"]}
        return json.dumps({**shown, "notes": entry["notes"]})

    async def ravi_secret_list(self) -> str:
        """List the names of your secrets, without values."""
        return names([each["key"] for each in await self._client.secrets.list()], "secrets")

    async def ravi_secret_get(self, name: Annotated[str, Field(description="such as API_KEY")]) -> str:
        """Get the value of one secret. It becomes part of this conversation."""
        return (await self._client.secrets.get(name))["value"]

    async def ravi_totp_code(self, name: Annotated[str, Field(description="the entry's name, or its uuid")]) -> str:
        """Make the present one-time code (TOTP) of one of your entries."""
        made = await self._client.totp.code(name)
        return LAYOUT.facts([("code", made["code"]), ("seconds left", made["seconds_remaining"])])
