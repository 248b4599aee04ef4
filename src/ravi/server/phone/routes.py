"""Texts over HTTP. Looking at one does not mark it as read. What carriers send is in `carrier_routes.py`."""

from typing import Literal, TypedDict

from starlette.requests import Request

from ravi.server.http import Page, Paging, Principal, Routes, Selects
from ravi.server.http.errors import invalid
from ravi.server.phone.service import Phone
from ravi.server.phone.storage import Filter
from ravi.server.phone.to_wire import conversation_to_wire, detail_to_wire, text_to_wire
from ravi.wire import paths
from ravi.wire import phone as wire
from ravi.wire.scopes import Scope

routes = Routes("sms")

CONVERSATION = f"{paths.SMS_CONVERSATIONS}{{conversation_id}}/"
MESSAGE = f"{paths.SMS_MESSAGES}{{text_ref}}/"


class ConversationsQuery(TypedDict, total=False):
    """`unread` is another name of `has_unread`."""

    has_unread: bool
    unread: bool


class TextsQuery(TypedDict, total=False):
    """`unread` is the opposite of `is_read`."""

    is_read: bool
    unread: bool
    direction: Literal["incoming", "outgoing"]


@routes.get(paths.SMS_CONVERSATIONS, scope=Scope.PHONE_READ, selects=Selects.ACTS, lists=True)
async def list_conversations(
    who: Principal, query: ConversationsQuery, paging: Paging, phone: Phone
) -> Page[wire.SmsConversation]:
    """List the identity's conversations, the one with the newest text first; account-wide, all of them."""
    unread = query.get("has_unread", query.get("unread", False))
    found, count = await phone.list_conversations(who, unread=unread, paging=paging)
    return Page([conversation_to_wire(each) for each in found], count)


@routes.get(CONVERSATION, scope=Scope.PHONE_READ, selects=Selects.ACTS)
async def get_conversation(who: Principal, conversation_id: str, phone: Phone) -> wire.SmsConversationDetail:
    """Show a conversation, the oldest text first. A plus sign in its id may be encoded or not."""
    return detail_to_wire(await phone.get_conversation(who, conversation_id))


@routes.get(paths.SMS_MESSAGES, scope=Scope.PHONE_READ, selects=Selects.ACTS, lists=True)
async def list_texts(who: Principal, query: TextsQuery, paging: Paging, phone: Phone) -> Page[wire.SmsMessage]:
    """List texts, the newest first."""
    wanted = Filter(
        is_read=query["is_read"] if "is_read" in query else not query["unread"] if "unread" in query else None,
        direction=query.get("direction"),
    )
    found, count = await phone.list_texts(who, wanted, paging=paging)
    return Page([text_to_wire(text) for text in found], count)


@routes.post(paths.SMS_SEND, scope=Scope.PHONE_SEND, selects=Selects.ACTS, status=201, creates=True)
async def send_text(who: Principal, body: wire.SmsSend, request: Request, phone: Phone) -> wire.SmsMessage:
    """Send a text. Without an Idempotency-Key, the same again within a minute is the same text."""
    to = _one_of(body.get("to_number", ""), body.get("to", ""), "to_number")
    return text_to_wire(await phone.send(who, to, body.get("body", ""), once="idempotency-key" in request.headers))


@routes.post(paths.SMS_SIMULATE, scope=Scope.PHONE_SIMULATE, status=201, creates=True)
async def simulate_text(who: Principal, body: wire.SmsSimulation, phone: Phone) -> wire.SmsMessage:
    """Play the world outside: a number for fiction of this account receives a text."""
    to = _one_of(body.get("to_number", ""), body.get("to", ""), "to_number")
    return text_to_wire(await phone.simulate(who, to, body.get("from_number", ""), body.get("body", "")))


@routes.get(MESSAGE, scope=Scope.PHONE_READ, selects=Selects.ACTS)
async def get_text(who: Principal, text_ref: str, phone: Phone) -> wire.SmsMessage:
    """Show a text by its number or uuid."""
    return text_to_wire(await phone.get(who, text_ref))


@routes.patch(MESSAGE, scope=Scope.PHONE_WRITE, selects=Selects.ACTS)
async def update_text(who: Principal, text_ref: str, body: wire.SmsUpdate, phone: Phone) -> wire.SmsMessage:
    """Mark a text as read or unread."""
    if "is_read" in body:
        return text_to_wire(await phone.mark(who, text_ref, is_read=body["is_read"]))
    return text_to_wire(await phone.get(who, text_ref))


def _one_of(value: str, alias: str, field: str) -> str:
    if value and alias and value != alias:
        raise invalid(**{field: "is given twice, and differs"})
    if not value and not alias:
        raise invalid(**{field: "is required"})
    return value or alias
