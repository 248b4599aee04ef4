"""Attachments: with a credential, and by an address that is signed for a while (contract: attachments)."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.mail import raw_message, receive
from tests.support.world import World

MESSAGES = "/api/email-messages/"
ATTACHMENTS = "/api/email-attachments/"
ABSENT = "00000000-0000-4000-8000-000000000000"
HTML = b"<script>alert(1)</script>"


async def attached(world: World, *files: tuple[str, str, bytes]) -> list[dict[str, Any]]:
    """Deliver a message with *files* to `mine`; return its attachments as its detail shows them."""
    (id_,) = await receive(world.services.mail, world.mine["email"], raw_message(attachments=files))
    rows: list[dict[str, Any]] = (await world.agent.get(f"{MESSAGES}{id_}/")).json()["attachments"]
    return rows


def local(url: str) -> str:
    """The path and query of an absolute address."""
    parts = urlsplit(url)
    assert f"{parts.scheme}://{parts.netloc}" == "http://ravi.test"
    return f"{parts.path}?{parts.query}"


async def test_bytes_come_back_as_they_were_sent(world: World) -> None:
    files = [("a.bin", "application/octet-stream", bytes(range(256)) * 700), ("b.txt", "text/plain", b""),
             ("a.bin", "image/png", b"\x89PNG")]  # fmt: skip
    rows = await attached(world, *files)

    assert [(row["filename"], row["size"]) for row in rows] == [("a.bin", 179_200), ("b.txt", 0), ("a.bin", 4)]
    for row, (_, _, content) in zip(rows, files, strict=True):
        by_credential = await world.agent.get(f"{ATTACHMENTS}{row['uuid']}/")
        by_account = await world.ada.get(f"{ATTACHMENTS}{row['uuid'].upper()}/")
        by_signature = await world.nobody.get(local(row["download_url"]))
        assert by_credential.content == by_account.content == by_signature.content == content
        assert by_credential.status_code == by_account.status_code == by_signature.status_code == 200


async def test_nothing_that_was_sent_runs_in_a_browser(world: World) -> None:
    rows = await attached(
        world,
        ("page.html", "text/html", HTML),
        ("image.svg", "image/svg+xml", b"<svg onload='alert(1)'/>"),
        ("a.xml", "application/xhtml+xml", HTML),
        ("a.js", "text/javascript", b"alert(1)"),
        ("photo.png", "image/png", HTML),
        ("note.txt", "text/plain", HTML),
    )
    types = []
    for row in rows:
        for answer in (
            await world.agent.get(f"{ATTACHMENTS}{row['uuid']}/"),
            await world.nobody.get(local(row["download_url"])),
        ):
            headers = answer.headers
            assert headers["content-disposition"].startswith("attachment; filename=")
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "sandbox; default-src 'none'"
            assert headers["cache-control"] == "no-store"
        types.append(headers["content-type"].partition(";")[0])
    assert types == ["application/octet-stream"] * 4 + ["image/png", "text/plain"]


async def test_a_signed_address_ends_after_fifteen_minutes(world: World) -> None:
    (row,) = await attached(world, ("a.txt", "text/plain", b"x"))
    url = local(row["download_url"])

    world.clock.advance(minutes=14, seconds=59)
    assert (await world.nobody.get(url)).status_code == 200
    world.clock.advance(seconds=1)
    answer = await world.nobody.get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


async def test_a_signature_is_good_for_one_attachment_and_one_time(world: World) -> None:
    one, other = await attached(world, ("a.txt", "text/plain", b"1"), ("b.txt", "text/plain", b"2"))
    url = local(one["download_url"])
    said = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    later = int(said["expires"]) + 3600
    forged = [
        url.replace(one["uuid"], other["uuid"]),
        url.replace(said["expires"], str(later)),
        url.replace(said["expires"], "9" * 40),
        url.replace(said["signature"], ""),
        url.replace(said["signature"], said["signature"][:-1]),
        url.replace(said["signature"], "%C3%A9"),
        url.partition("?")[0],
        f"{ATTACHMENTS}{ABSENT}/download/?{urlsplit(url).query}",
    ]
    for each in forged:
        answer = await world.nobody.get(each)
        assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden"), each
    assert (await world.nobody.get(url.replace(said["expires"], "soon"))).status_code == 422
    assert (await world.nobody.get(url)).content == b"1"


async def test_another_server_does_not_take_the_signature(world: World) -> None:
    """Each database has a key of its own; a second replica on the same one has the same."""
    (row,) = await attached(world, ("a.txt", "text/plain", b"x"))
    url = local(row["download_url"])
    await world.services.signing.load()
    assert (await world.nobody.get(url)).status_code == 200
    async with world.services.db.begin() as tx:
        await tx.run("DELETE FROM server_keys")
    await world.services.signing.load()
    assert (await world.nobody.get(url)).status_code == 403


async def test_a_signed_address_stops_with_its_identity(world: World) -> None:
    (row,) = await attached(world, ("a.txt", "text/plain", b"x"))
    url = local(row["download_url"])
    path = f"/api/identities/{world.mine['uuid']}/"

    await world.ada.post(f"{path}disable/")
    answer = await world.nobody.get(url)
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.disabled")
    await world.ada.post(f"{path}enable/")
    assert (await world.nobody.get(url)).status_code == 200
    await world.ada.send("PATCH", path, {"ttl_seconds": 60})
    world.clock.advance(seconds=60)
    assert (await world.nobody.get(url)).status_code == 404, "its time is over, whether or not it was cleared away"
    await world.ada.send("DELETE", path)
    assert (await world.nobody.get(url)).status_code == 404


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_a_name_that_a_stranger_chose_stays_a_name(world: World) -> None:
    """Whatever it holds, it cannot end the header field or the quotes, and says nothing of a path."""
    for filename in (
        'a".txt',
        "a\\b.txt",
        "../../etc/passwd",
        "büro 報告.pdf",
        "a;b=c.txt",
        "x" * 300 + ".txt",
        "a%22.txt",
    ):
        (row,) = await attached(world, (filename, "text/plain", b"x"))
        answer = await world.agent.get(f"{ATTACHMENTS}{row['uuid']}/")
        value = answer.headers["content-disposition"]
        plain = value.partition('filename="')[2].partition('"')[0]
        assert value.startswith('attachment; filename="')
        assert plain.isascii()
        assert not set(plain) & set('"\\/\r\n%')
        assert "/" not in row["filename"]
        if not filename.isascii():
            assert "filename*=UTF-8''b%C3%BCro%20%E5%A0%B1%E5%91%8A.pdf" in value


async def test_a_signed_address_ends_with_the_key_that_asked_for_it_and_others_go_on(world: World) -> None:
    (by_key,) = await attached(world, ("a.txt", "text/plain", b"x"))
    message = (await world.ada.get(f"/api/email-messages/?identity={world.mine['uuid']}")).json()[0]
    shown = (await world.ada.get(f"/api/email-messages/{message['uuid']}/?identity={world.mine['uuid']}")).json()
    by_owner = shown["attachments"][0]["download_url"]
    (key,) = (await world.agent.get("/api/auth/keys/identity/")).json()

    await world.ada.send("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")

    assert (await world.nobody.get(local(by_key["download_url"]))).status_code == 403
    assert (await world.nobody.get(local(by_owner))).status_code == 200
