"""The published SDKs send and read texts, as their own documentation says; their models judge our answers."""

from pathlib import Path

from tests.support.published_sdk import run

NEWER = """
writer = account.identities.create(name="writer", provision_phone=True)
reader = account.identities.create(name="reader", provision_phone=True)
third = account.identities.create(name="third", provision_phone=True)
sent = writer.phone.send(to=reader.phone.number, body="Your code is 482913 \U0001f600")
got = reader.phone.wait_for(lambda sms: "482913" in sms.body, timeout=20, poll=0.1)
unread, was_read = len(reader.phone.inbox(unread=True)), got.is_read
marked = got.mark_read()
answer = got.reply("Thanks.")
back = writer.phone.wait_for(lambda sms: sms.direction == "incoming", timeout=20, poll=0.1)
talk, = writer.phone.conversations()
refused = []
for attempt in (
    lambda: writer.phone.send(to="+15005550006", body="out"),
    lambda: writer.phone.send(to=reader.phone.number, body=""),
    lambda: third.phone.get(got.id),
):
    try:
        attempt()
    except errors.RaviError as error:
        refused.append([type(error).__name__, error.code])
print(json.dumps({
    "sent": [sent.direction, sent.from_number == writer.phone.number, sent.to_number == reader.phone.number],
    "got": [got.body, got.direction, was_read, str(got.phone) == reader.phone.number],
    "same": reader.phone.get(got.id).body == got.body,
    "unread": [unread, len(reader.phone.inbox(unread=True))],
    "marked": marked.is_read,
    "back": [back.body, back.id != answer.id],
    "talk": [talk.from_number == reader.phone.number, talk.message_count, talk.unread_count, talk.preview],
    "refused": refused,
}))
"""

OLDER = """
import time
writer = account.identities.create(name="writer", provision_phone=True)
reader = account.identities.create(name="reader", provision_phone=True)
key = lambda identity: account.api_keys.identity.create("x", str(identity.uuid)).key
one, two = connect(key(writer)), connect(key(reader))
sent = one.sms.send(to_number=number(reader), body="Your code is 482913")
for _ in range(100):
    if two.sms.list():
        break
    time.sleep(0.1)
got, = two.sms.list()
talk, = two.sms.conversations.list()
whole = two.sms.conversations.get(talk.conversation_id)
try:
    one.sms.send(to_number="+15005550006", body="out")
    refused = None
except errors.RaviError as error:
    refused = [type(error).__name__, error.code]
print(json.dumps({
    "sent": [one.sms.get(sent.id).body, sent.direction],
    "got": [got.body, got.direction, got.from_number == number(writer)],
    "talk": [talk.conversation_id == f"{two.phones.list()[0].id}_{number(writer)}", talk.unread_count],
    "whole": [each["body"] for each in whole["messages"]],
    "refused": refused,
}))
"""


def test_texts_are_sent_waited_for_answered_and_marked(sdk: tuple[str, Path], account: dict[str, str]) -> None:
    if sdk[0] == "0.2.0":
        assert run(sdk[1], OLDER, **account) == {
            "sent": ["Your code is 482913", "outgoing"],
            "got": ["Your code is 482913", "incoming", True],
            "talk": [True, 1],
            "whole": ["Your code is 482913"],
            "refused": ["ValidationError", "phone.unreachable"],
        }
        return
    assert run(sdk[1], NEWER, **account) == {
        "sent": ["outgoing", True, True],
        "got": ["Your code is 482913 \U0001f600", "incoming", False, True],
        "same": True,
        "unread": [1, 0],
        "marked": True,
        "back": ["Thanks.", True],
        "talk": [True, 2, 1, "Thanks."],
        "refused": [
            ["ValidationError", "phone.unreachable"],
            ["ValidationError", "validation.failed"],
            ["NotFoundError", "not_found"],
        ],
    }
