"""`ravi attachments download`, and saving files under names that strangers chose."""

import json
import os
from pathlib import Path

import pytest

from ravi.cli.attachments.saving import Folder, safe_name
from ravi.errors import RaviError, UsageError
from tests.support.fake_servers import READ, Player
from tests.support.mail_rows import FILE_UUID, attachment, message


class TestANameThatAStrangerChose:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("report.pdf", "report.pdf"),
            ("Grüße (1), Müller.pdf", "Grüße (1), Müller.pdf"),
            ("発注書.xlsx", "発注書.xlsx"),
            ("../../etc/passwd", "passwd"),
            ("/etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:\\x\\y.txt", "y.txt"),
            ("C:y.txt", "C_y.txt"),
            ("..", "attachment"),
            (".", "attachment"),
            ("", "attachment"),
            (" ", "attachment"),
            ("/", "attachment"),
            ("___", "attachment"),
            (".bashrc", "bashrc"),
            ("...ssh", "ssh"),
            ("a.txt. .", "a.txt"),
            ("con", "_con"),
            ("CON.txt", "_CON.txt"),
            ("com1.log", "_com1.log"),
            ("lpt9", "_lpt9"),
            ("aux .h", "_aux .h"),
            ("conference.txt", "conference.txt"),
            ("com10.txt", "com10.txt"),
            ("-rf", "_-rf"),
            ("~root", "_~root"),
            ("x;rm -r ~;.pdf", "x_rm -r ~_.pdf"),
            ("$(id)`id`|&<>\"'*?", "_(id)_id______'__"),
            ("a\nb\tc\u2028d", "a b c d"),
            ("a\0b\x1b[2Jc\x7f", "ab[2Jc"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("a\u200b\U000e0041\ufeffb", "ab"),
            ("a\ud800b", "ab"),
            ("e\u0301.txt", "é.txt"),
        ],
    )
    def test_is_made_harmless(self, name: str, safe: str) -> None:
        assert safe_name(name) == safe

    @pytest.mark.parametrize("char", ["a", "é", "発", "😀"])
    def test_is_cut_to_size_in_front_of_its_ending(self, char: str) -> None:
        short = safe_name(char * 300 + ".pdf")

        assert short.endswith(f"{char}.pdf")
        assert 190 < len(short.encode()) <= 200
        assert len(safe_name("a." + char * 300).encode()) <= 200
        assert len(safe_name("/" * 100_000 + char * 100_000).encode()) <= 200


class TestAFolder:
    def test_is_made_for_us_alone_and_so_are_the_files(self) -> None:
        with Folder("new/") as folder:
            path = folder.save("a.txt", b"\0\xff\n")

        assert path == str(Path.cwd() / "new" / "a.txt")
        assert Path(path).read_bytes() == b"\0\xff\n"
        assert Path("new").stat().st_mode & 0o777 == 0o700
        assert Path(path).stat().st_mode & 0o777 == 0o600

    def test_never_loses_what_is_there(self) -> None:
        Path("a.txt").write_text("mine")
        Path("a-2.txt").mkdir()
        Path("a-3.txt").symlink_to("elsewhere")
        with Folder(".") as folder:
            paths = [folder.save("a.txt", b"new"), folder.save("../a.txt", b"newer"), folder.save("b", b"")]
            paths.append(folder.save("b", b""))

        assert [Path(path).name for path in paths] == ["a-4.txt", "a-5.txt", "b", "b-2"]
        assert Path("a.txt").read_text() == "mine"
        assert not Path("elsewhere").exists()

    def test_that_is_a_link_is_refused_with_and_without_a_slash(self) -> None:
        Path("target").mkdir()
        Path("link").symlink_to("target")
        Path("dangling").symlink_to("missing")
        for path in ("link", "link/", "dangling", "dangling/"):
            with pytest.raises(UsageError, match="symbolic link"):
                Folder(path)
        assert os.listdir("target") == []
        assert not Path("missing").exists()

    def test_that_is_exchanged_meanwhile_still_gets_the_files(self) -> None:
        Path("target").mkdir()
        with Folder("new") as folder:
            Path("new").rename("moved")
            Path("new").symlink_to("target")
            folder.save("a.txt", b"x")

        assert os.listdir("target") == []
        assert os.listdir("moved") == ["a.txt"]

    @pytest.mark.parametrize("path", ["", "file", "file/x", "missing/new", "a\0b"])
    def test_that_cannot_be_one_is_refused(self, path: str) -> None:
        Path("file").write_text("x")
        with pytest.raises(UsageError):
            Folder(path)

    def test_that_takes_no_more_files_keeps_no_half_of_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        with Folder(".") as folder:
            opened = os.open
            monkeypatch.setattr(os, "open", lambda *given, **more: (os.close(opened(*given, **more)), full)[1])
            with pytest.raises(RaviError, match="No space left"):
                folder.save("a.txt", b"x" * 100_000)
            monkeypatch.undo()
        assert not Path("a.txt").exists()

    def test_says_so_when_every_name_is_taken(self) -> None:
        for number in ("", *(f"-{n}" for n in range(2, 1001))):
            Path(f"a{number}").touch()
        with Folder(".") as folder, pytest.raises(RaviError, match="1000 files called like 'a'"):
            folder.save("a", b"")


def json_answer(status: bytes, document: object) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body


def file_answer(name: str, content: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename*=UTF-8''{name}\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


MISSING = json_answer(b"404 Not Found", {"detail": "no such thing", "code": "not_found"})


@pytest.fixture
def plays(home: Path, put, select):
    """`plays(answer, …)` signs in at a server that gives these answers, one after the other."""
    started: list[Player] = []

    def start(*answers: bytes) -> Player:
        player = Player()
        player.scripts = [tuple(step for answer in answers for step in (READ, answer))]
        started.append(player)
        put(home / ".ravi" / "auth.json", {"access_token": "ravi_at_canned", "server": player.url})
        select()
        return player

    yield start
    for player in started:
        player.close()


class TestDownloading:
    def test_all_files_of_a_message_are_saved_under_harmless_names(self, ravi, plays) -> None:
        files = [attachment("ignored", uuid=FILE_UUID), attachment("ignored", uuid=FILE_UUID.replace("3a", "4a"))]
        plays(
            json_answer(b"200 OK", message(attachments=files)),
            file_answer("..%2F..%2F.bashrc%E2%80%AE", b"\0\xff"),
            file_answer("..%2F..%2F.bashrc%E2%80%AE", b"second"),
        )

        first, second = ravi("attachments", "download", "17", "--to", "files").json

        folder = Path.cwd() / "files"
        assert first == {
            "uuid": FILE_UUID,
            "filename": "../../.bashrc\u202e",
            "path": str(folder / "bashrc"),
            "size": 2,
        }
        assert (second["uuid"], second["path"]) == (files[1]["uuid"], str(folder / "bashrc-2"))
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "bashrc": b"\0\xff",
            "bashrc-2": b"second",
        }

    def test_a_uuid_is_an_attachment_or_else_a_message(self, ravi, plays) -> None:
        player = plays(file_answer("a.txt", b"x"))
        assert ravi("attachments", "download", FILE_UUID.upper()).json[0]["uuid"] == FILE_UUID
        plays(MISSING, json_answer(b"200 OK", message()))
        assert ravi("attachments", "download", FILE_UUID).json == []
        assert len([request for request in player.requests if request]) == 1

    def test_people_get_the_paths(self, ravi, plays) -> None:
        plays(file_answer("a.txt", b"x"))
        assert ravi("attachments", "download", FILE_UUID, "--human").out == f"{Path.cwd() / 'a.txt'}\n"
        plays(json_answer(b"200 OK", message()))
        assert ravi("attachments", "download", "17", "--human").out == "there are no files\n"

    def test_a_single_failure_prints_nothing_but_the_error(self, ravi, plays) -> None:
        plays(MISSING, MISSING)
        ran = ravi("attachments", "download", FILE_UUID)
        assert (ran.code, ran.out, ran.error["code"]) == (4, "", "not_found")

    def test_of_several_the_others_are_saved(self, ravi, plays) -> None:
        files = [attachment(), attachment()]
        plays(
            MISSING,
            json_answer(b"200 OK", message(attachments=files)),
            file_answer("a.txt", b"x"),
            MISSING,
        )
        ran = ravi("attachments", "download", "16", "17")
        assert ran.code == 4
        assert [each["filename"] for each in ran.json] == ["a.txt"]
        assert [json.loads(line)["error"] for line in ran.err.splitlines()] == [
            "16: no such thing",
            "17: no such thing",
        ]

    def test_what_was_saved_before_a_failure_is_said(self, ravi, plays) -> None:
        plays(
            json_answer(b"200 OK", message(attachments=[attachment(), attachment()])), file_answer("a", b"x"), MISSING
        )
        ran = ravi("attachments", "download", "17")
        assert (ran.code, len(ran.json)) == (4, 1)
        assert ran.error["error"] == "17: no such thing"

    def test_nothing_is_asked_when_there_is_nowhere_to_save(self, ravi, plays) -> None:
        player = plays(MISSING)
        Path("link").symlink_to("/tmp")
        assert ravi("attachments", "download", "17", "--to", "link").code == 2
        assert player.requests == []
