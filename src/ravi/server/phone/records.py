"""Texts (SMS) as the server holds them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Direction = Literal["incoming", "outgoing"]
State = Literal["received", "queued", "sent", "delivered", "failed", "uncertain"]
SenderType = Literal["owner", "trusted", "untrusted"]
Verdict = Literal["local", "network", "none"]


@dataclass(frozen=True, slots=True)
class Text:
    """
    One text of one identity. `peer` is the other side: a number in E.164, a short code or a word.

    `carrier_ref` is what the carrier calls it, "" before it has it.
    """

    id: int
    uuid: str
    account_id: int
    identity_id: int
    identity_uuid: str
    number_id: int
    own_number: str
    peer: str
    direction: Direction
    state: State
    body: str = field(repr=False)
    is_read: bool
    sender_type: SenderType
    verdict: Verdict
    encoding: str
    segments: int
    carrier: str
    carrier_ref: str
    last_error: str
    codes: tuple[dict[str, Any], ...] = field(repr=False)
    links: tuple[dict[str, Any], ...] = field(repr=False)
    created_at: datetime

    @property
    def conversation_id(self) -> str:
        return f"{self.number_id}_{self.peer}"


@dataclass(frozen=True, slots=True)
class Conversation:
    """All texts between one number and one other side, as a list shows them: the preview is of the newest."""

    number_id: int
    own_number: str
    peer: str
    preview: str
    message_count: int
    unread_count: int
    latest_at: datetime

    @property
    def conversation_id(self) -> str:
        return f"{self.number_id}_{self.peer}"


@dataclass(frozen=True, slots=True)
class Queued:
    """One text whose turn it is. `attempts` counts this one. `again`: an earlier attempt may have been accepted."""

    id: int
    uuid: str
    account_id: int
    identity_id: int
    identity_uuid: str
    number_id: int
    own_number: str
    number_ref: str
    carrier: str
    peer: str
    body: str = field(repr=False)
    attempts: int
    again: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What is known of a carrier's device, or (device "") of the carrier: when something came, and what was refused."""

    carrier: str
    device: str
    detail: str
    last_seen_at: datetime | None
    last_text_at: datetime | None
    last_refused_at: datetime | None
    last_refusal: str
    refused: int
