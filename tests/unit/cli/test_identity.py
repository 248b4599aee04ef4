"""Identity commands against canned answers."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

UUID = "0b9f6d3a-7a53-4f5e-9d61-1f1c1b2a3c4d"
OTHER = "5e1d2c3b-8a67-4d19-8f0e-2b3c4d5e6f70"
GONE = "9c4e2f10-1111-4222-8333-444455556666"


def receipt(name: str, uuid: str) -> dict[str, object]:
    return {
        "status": "deleted",
        "uuid": uuid,
        "name": name,
        "email": f"{name}@in.ravi.localhost",
        "phone_number": None,
        "deleted_dt": "2026-11-23T05:04:03Z",
        "revoked": {"identity_keys": 1, "tokens": 0},
        "erased": {},
    }


def test_create_sends_what_was_asked_for_and_no_key(ravi, signed_in, identity) -> None:
    signed_in.on("POST /api/identities/", identity(), 201)

    ran = ravi(
        *("identity", "create", "--name", "research-agent", "--email", "research", "--ttl", "2h"),
        *("--label", "team=a", "--label", "run=7", "--reuse", "--no-phone"),
    )

    assert ran.json == identity()
    sent = signed_in.asked[0]
    assert sent.body == {
        "name": "research-agent",
        "email": "research",
        "ttl_seconds": 7200,
        "labels": {"team": "a", "run": "7"},
        "reuse": True,
        "provision_phone": False,
        "api_key": False,
    }
    assert len(sent.headers["Idempotency-Key"]) == 32


def test_create_with_a_key_and_a_number_asks_for_them(ravi, signed_in, identity) -> None:
    signed_in.on("POST /api/identities/", identity(api_key="ravi_id_new"), 201)

    ran = ravi("identity", "create", "--with-key", "--provision-phone")

    assert ran.json["api_key"] == "ravi_id_new"
    assert signed_in.asked[0].body == {"provision_phone": True, "api_key": True}


def test_create_writes_no_file(ravi, signed_in, identity, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Path.cwd() / "empty"
    workspace.mkdir()
    monkeypatch.setenv("RAVI_CONFIG_DIR", str(workspace))
    signed_in.on("POST /api/identities/", identity(), 201)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}

    assert ravi("identity", "create", "--name", "research-agent").code == 0

    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize(
    "argv",
    [
        ["--no-phone", "--provision-phone"],
        ["--name", ""],
        ["--email", " "],
        ["--reuse"],
        ["--ttl", "soon"],
        ["--label", "broken"],
    ],
)
def test_create_refuses_contradictions_before_sending_anything(ravi, signed_in, argv: list[str]) -> None:
    assert ravi("identity", "create", *argv).code == 2
    assert signed_in.asked == []


def test_list_passes_its_filters_on(ravi, signed_in, identity) -> None:
    signed_in.on("GET /api/identities/?prefix=task-&label=team%3Da&label=run%3D7", [identity("task-1")])

    ran = ravi("identity", "list", "--prefix", "task-", "--label", "team=a", "--label", "run=7")

    assert [each["name"] for each in ran.json] == ["task-1"]


def test_list_shows_people_every_identity_whole(ravi, signed_in, identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [identity(f"task-{n}", f"0b9f6d3a-7a53-4f5e-9d61-{n:012d}", phone=None) for n in range(300)]
    signed_in.on("GET /api/identities/", rows)

    ran = ravi("identity", "list", "--human")

    assert all(row["uuid"] in ran.out and row["inbox"] in ran.out for row in rows)
    assert max(map(len, ran.out.split("\n"))) <= 80


def test_an_empty_list_is_a_list_and_for_people_a_way_on(ravi, signed_in) -> None:
    signed_in.on("GET /api/identities/", [])

    assert ravi("identity", "list").json == []
    assert "ravi identity create" in ravi("identity", "list", "--human").out


def test_a_name_with_escape_sequences_does_not_reach_the_terminal(ravi, signed_in, identity) -> None:
    signed_in.on("GET /api/identities/", [identity("\x1b]0;pwned\x07agent\x1b[2J")])

    assert "\x1b" not in ravi("identity", "list", "--human").out
    assert "\x1b" not in ravi("identity", "list").out


def test_show_without_a_name_shows_the_selected_one(ravi, signed_in, identity, select) -> None:
    select()
    signed_in.on(f"GET /api/identities/{UUID}/", identity())

    assert ravi("identity", "show").json["uuid"] == UUID


def test_show_without_a_name_and_a_selection_says_what_to_do(ravi, signed_in) -> None:
    ran = ravi("identity", "show")

    assert ran.code == 4
    assert ran.error["code"] == "identity.required"


def test_a_name_that_nobody_has_is_not_found(ravi, signed_in) -> None:
    signed_in.on("GET /api/identities/?name=nobody", [])

    ran = ravi("identity", "show", "nobody")

    assert (ran.code, ran.error["code"]) == (4, "identity.not_found")


def test_rename_changes_the_name_alone(ravi, signed_in, identity) -> None:
    signed_in.on(f"PATCH /api/identities/{UUID}/", identity("reader"))

    assert ravi("identity", "rename", UUID, "reader").json["name"] == "reader"
    assert signed_in.asked[0].body == {"name": "reader"}
    assert ravi("identity", "rename", UUID, " ").code == 2


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--to", "a@b.example, c.example", "--to", "+15550100123"], ["a@b.example", "c.example", "+15550100123"]),
        (["--nobody"], []),
        (["--anybody"], None),
    ],
)
def test_restrict_says_the_whole_list(ravi, signed_in, identity, arguments: list[str], sent: list[str] | None) -> None:
    signed_in.on(f"PATCH /api/identities/{UUID}/", identity())

    assert ravi("identity", "restrict", UUID, *arguments).code == 0
    assert signed_in.asked[0].body == {"allowed_recipients": sent}


@pytest.mark.parametrize(
    "arguments", [[], ["--to", " , "], ["--to", "a@b.example", "--nobody"], ["--nobody", "--anybody"]]
)
def test_restrict_wants_to_be_told_one_thing(ravi, signed_in, arguments: list[str]) -> None:
    assert ravi("identity", "restrict", UUID, *arguments).code == 2
    assert signed_in.asked == []


@pytest.mark.parametrize(
    ("allowed", "shown"), [([], "nobody"), (["a@b.example", "c.example"], "a@b.example, c.example")]
)
def test_people_see_whom_an_identity_may_write_to(ravi, signed_in, identity, allowed: list[str], shown: str) -> None:
    signed_in.on(f"GET /api/identities/{UUID}/", identity() | {"allowed_recipients": allowed})

    assert f"may write to  {shown}\n" in ravi("identity", "show", UUID, "--human").out


def test_an_identity_that_may_write_to_anybody_has_nothing_said_about_it(ravi, signed_in, identity) -> None:
    signed_in.on(f"GET /api/identities/{UUID}/", identity())

    assert "may write to" not in ravi("identity", "show", UUID, "--human").out


def test_create_restricts_from_the_first_moment(ravi, signed_in, identity) -> None:
    signed_in.on("POST /api/identities/", identity())

    assert ravi("identity", "create", "--restrict-to", "c.example", "--restrict-to", "a@b.example").code == 0
    assert signed_in.asked[0].body["allowed_recipients"] == ["c.example", "a@b.example"]


def test_disable_and_enable_work_by_name(ravi, signed_in, identity) -> None:
    signed_in.on("GET /api/identities/?name=research-agent", [identity()])
    signed_in.on(f"POST /api/identities/{UUID}/disable/", identity(status="disabled"))
    signed_in.on(f"POST /api/identities/{UUID}/enable/", identity())

    assert ravi("identity", "disable", "research-agent").json["status"] == "disabled"
    assert ravi("identity", "enable", "research-agent").json["status"] == "active"


def test_provision_phone_gives_a_number(ravi, signed_in, identity) -> None:
    signed_in.on(f"POST /api/identities/{UUID}/provision-phone/", identity())

    assert ravi("identity", "provision-phone", UUID, "--country-code", "US").json["phone"] == "+15005550001"
    assert signed_in.asked[0].body == {"country_code": "US"}


class TestDelete:
    def test_one_prints_its_receipt(self, ravi, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))

        assert ravi("identity", "delete", UUID).json == receipt("a", UUID)

    def test_several_print_a_list(self, ravi, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))
        signed_in.on(f"DELETE /api/identities/{OTHER}/", receipt("b", OTHER))

        assert [each["name"] for each in ravi("identity", "delete", UUID, OTHER, UUID).json] == ["a", "b"]
        assert len(signed_in.asked) == 2

    def test_a_flag_may_stand_between_them(self, ravi, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))
        signed_in.on(f"DELETE /api/identities/{OTHER}/", receipt("b", OTHER))

        assert len(ravi("identity", "delete", UUID, "--yes", OTHER).json) == 2

    def test_a_failure_does_not_stop_the_rest(self, ravi, signed_in) -> None:
        signed_in.refuse(f"DELETE /api/identities/{GONE}/", 404, "identity.deleted", "it was deleted earlier")
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))

        ran = ravi("identity", "delete", GONE, UUID)

        assert ran.code == 4
        assert [each["uuid"] for each in ran.json] == [UUID]
        assert GONE in ran.error["error"]

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"identity_uuid": ""}', '{"identity_uuid": 7}'])
    def test_it_works_where_the_workspace_s_file_is_broken(self, ravi, signed_in, put, content: str) -> None:
        put(Path.cwd() / ".ravi" / "config.json", content)
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))

        assert ravi("identity", "delete", UUID).code == 0

    def test_people_see_what_went_with_it(self, ravi, signed_in) -> None:
        signed_in.on(f"DELETE /api/identities/{UUID}/", receipt("a", UUID))

        assert "1 identity_keys" in ravi("identity", "delete", UUID, "--human").out


class TestUse:
    @pytest.fixture(autouse=True)
    def named(self, signed_in, identity) -> None:
        signed_in.on("GET /api/identities/?name=research-agent", [identity()])

    def test_it_writes_the_home_s_file_when_nothing_is_nearer(self, ravi, home: Path, put) -> None:
        path = put(home / ".ravi" / "config.json", {"pin": "stays"})

        assert ravi("identity", "use", "research-agent").json == {
            "identity_name": "research-agent",
            "identity_uuid": UUID,
            "status": "active",
            "config_file": str(path),
        }
        saved = json.loads(path.read_text())
        assert saved == {"pin": "stays", "identity_uuid": UUID, "identity_name": "research-agent"}
        assert path.stat().st_mode & 0o777 == 0o600

    def test_it_writes_the_project_s_file_where_there_is_one(self, ravi, home: Path, select) -> None:
        path = select(OTHER)

        assert Path(ravi("identity", "use", "research-agent").json["config_file"]) == path
        assert json.loads(path.read_text())["identity_uuid"] == UUID
        assert not (home / ".ravi" / "config.json").exists()

    def test_it_writes_into_ravi_config_dir(self, ravi, monkeypatch: pytest.MonkeyPatch, select) -> None:
        project = select(OTHER)
        monkeypatch.setenv("RAVI_CONFIG_DIR", str(Path.cwd() / "elsewhere"))

        path = Path(ravi("identity", "use", "research-agent").json["config_file"])

        assert path == Path.cwd() / "elsewhere" / "config.json"
        assert json.loads(path.read_text())["identity_uuid"] == UUID
        assert json.loads(project.read_text())["identity_uuid"] == OTHER

    def test_local_makes_a_project_file(self, ravi) -> None:
        path = Path(ravi("identity", "use", "research-agent", "--local").json["config_file"])

        assert path == Path.cwd() / ".ravi" / "config.json"
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_global_leaves_the_project_alone_and_says_that_it_wins(self, ravi, home: Path, select) -> None:
        project = select(OTHER)

        ran = ravi("identity", "use", "research-agent", "--global")

        assert ran.json["config_file"] == str(home / ".ravi" / "config.json")
        assert json.loads(project.read_text())["identity_uuid"] == OTHER
        assert OTHER in ran.error["warning"]
        assert ".ravi/config.json" in ran.error["warning"]

    def test_a_variable_that_overrules_the_file_is_named(self, ravi, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAVI_IDENTITY", "somebody-else")

        assert "RAVI_IDENTITY" in ravi("identity", "use", "research-agent").error["warning"]

    def test_local_and_global_exclude_each_other(self, ravi) -> None:
        assert ravi("identity", "use", "research-agent", "--local", "--global").code == 2


class TestPublicKeys:
    @pytest.fixture(autouse=True)
    def unlocked(self, signed_in, home: Path, put) -> None:
        path = home / ".ravi" / "auth.json"
        put(path, {**json.loads(path.read_text()), "root_key": base64.b64encode(bytes(32)).decode()})

    @pytest.mark.parametrize("verb", ["show", "use"])
    def test_an_identity_that_has_none_gets_one_when_it_is_looked_at(self, ravi, signed_in, identity, verb) -> None:
        signed_in.on(f"GET /api/identities/{UUID}/", identity(public_key=None))
        signed_in.on("PUT /api/vault/public-keys/", {"set": 1})

        assert ravi("identity", verb, UUID).code == 0
        assert signed_in.asked[-1].body["public_keys"].keys() == {UUID}

    @pytest.mark.parametrize("verb", ["show", "use"])
    def test_a_failure_to_register_it_is_not_the_command_s(self, ravi, signed_in, identity, verb) -> None:
        signed_in.on(f"GET /api/identities/{UUID}/", identity(public_key=None))
        signed_in.refuse("PUT /api/vault/public-keys/", 409, "vault.key_differs", "no")

        ran = ravi("identity", verb, UUID)

        assert (ran.code, ran.err) == (0, "")

    def test_one_that_has_it_is_left_alone(self, ravi, signed_in, identity) -> None:
        signed_in.on(f"GET /api/identities/{UUID}/", identity(public_key="present"))

        assert ravi("identity", "show", UUID).json["public_key"] == "present"
        assert len(signed_in.asked) == 1

    def test_creating_registers_it_with_the_identity(self, ravi, signed_in, identity) -> None:
        signed_in.on("POST /api/identities/", identity(public_key="present"), 201)

        assert ravi("identity", "create", "--name", "research-agent").code == 0
        assert {"uuid", "public_key"} <= signed_in.asked[0].body.keys()


@pytest.mark.parametrize("unlocked", [True, False])
def test_the_vault_s_libraries_are_loaded_only_where_there_is_a_root(
    signed_in, identity, home: Path, put, unlocked: bool
) -> None:
    path = home / ".ravi" / "auth.json"
    if unlocked:
        put(path, {**json.loads(path.read_text()), "root_key": base64.b64encode(bytes(32)).decode()})
    signed_in.on("POST /api/identities/", identity(public_key=None if not unlocked else "present"), 201)
    program = (
        "import sys; from ravi.cli.main import main; main(['identity', 'create']);"
        "print('nacl' in sys.modules, 'uuid' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ))

    assert done.stderr.split() == [str(unlocked), "False"]


def test_a_name_of_several_lists_them_and_writes_nothing(ravi, signed_in, identity, home: Path) -> None:
    signed_in.on("GET /api/identities/?name=twin", [identity("twin", UUID), identity("twin", OTHER)])

    ran = ravi("identity", "use", "twin")

    assert ran.code == 5
    assert {each["uuid"] for each in ran.error["details"]} == {UUID, OTHER}
    human = ravi("identity", "use", "twin", "--human")
    assert UUID in human.err
    assert OTHER in human.err
    assert not (home / ".ravi" / "config.json").exists()


def test_using_a_disabled_identity_is_said(ravi, signed_in, identity) -> None:
    signed_in.on(f"GET /api/identities/{UUID}/", identity(status="disabled"))

    ran = ravi("identity", "use", UUID)

    assert ran.json["status"] == "disabled"
    assert "switched off" in ran.error["warning"]


def test_a_working_directory_that_was_deleted_is_said_in_words(
    ravi, signed_in, identity, tmp_path, monkeypatch
) -> None:
    signed_in.on(f"GET /api/identities/{UUID}/", identity())
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    ran = ravi("identity", "use", UUID, "--local")

    assert ran.code == 1
    assert "no longer exists" in ran.error["error"]
    assert ravi("identity", "use", UUID, "--global").code == 0
