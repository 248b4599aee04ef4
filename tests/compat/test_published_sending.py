"""The published SDKs send mail, answer it, pass it on and attach files, as their own documentation says."""

from pathlib import Path

import pytest

from tests.support.published_sdk import run

NEWER = """
writer = account.identities.create(name="writer")
reader = account.identities.create(name="reader")
file = os.environ["FILE"]
sent = writer.email.send(address(reader), "Report", "All is <well>.", attachments=[file], bcc=[address(writer)])
got, = reader.email.inbox()
answer = got.reply("Thanks.", attachments=[file])
everybody = got.reply_all(html="<p>Thanks</p>")
passed = got.forward(address(writer), "Look")
try:
    writer.email.send("ada@example.org", "Out", "x")
    refused = None
except errors.ValidationError as error:
    refused = str(error)
print(json.dumps({
    "sent": [sent.direction, sent.is_read, sent.subject, sent.cc],
    "attached": [[a.filename, a.size_bytes] for a in got.attachments],
    "text": got.text_content,
    "answer": [answer.subject, answer.to_email, answer.thread_id == got.thread_id],
    "everybody": everybody.html_content,
    "passed": [passed.subject, len(passed.attachments)],
    "refused": refused,
}))
"""

OLDER = """
writer = account.identities.create(name="writer")
reader = account.identities.create(name="reader")
key = lambda identity: account.api_keys.identity.create("x", str(identity.uuid)).key
one, two = connect(key(writer)), connect(key(reader))
sent = one.email.compose(to_email=address(reader), subject="Report", html_content="<p>All is well.</p>", cc="")
got, = two.email.list(direction="incoming")
answer = two.email.reply(got.id, text_content="Thanks.")
everybody = two.email.reply_all(got.id, html_content="<p>Thanks</p>")
passed = two.email.forward(got.id, to_email=address(writer), text_content="Look")
print(json.dumps({
    "sent": sent.id == one.email.get(sent.id).id,
    "text": got.text_content,
    "subjects": [two.email.get(each.id).subject for each in (answer, everybody, passed)],
    "came": len(one.email.list(direction="incoming")),
}))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "report.txt"
    file.write_text("42\n")
    return file


def test_mail_is_sent_answered_and_passed_on(sdk: tuple[str, Path], account: dict[str, str], file: Path) -> None:
    if sdk[0] == "0.2.0":
        assert run(sdk[1], OLDER, **account) == {
            "sent": True,
            "text": "All is well.",
            "subjects": ["Re: Report", "Re: Report", "Fwd: Report"],
            "came": 3,
        }
        return
    found = run(sdk[1], NEWER, FILE=str(file), **account)

    assert found["sent"] == ["outgoing", True, "Report", ""]
    assert found["attached"] == [["report.txt", 3]]
    assert found["text"] == "All is <well>."
    assert found["answer"] == ["Re: Report", "writer@in.ravi.localhost", True]
    assert "Thanks" in found["everybody"]
    assert found["passed"] == ["Fwd: Report", 1]
    assert "relay" in found["refused"]
