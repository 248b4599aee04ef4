"""Which credential, and therefore which server: every row of docs/adr/0006, provenance included."""

import pytest

from ravi.errors import ConfigInvalid, NotSignedIn

ONE = "11111111-1111-4111-8111-111111111111"
HERE = "http://127.0.0.1:8787"
THERE = "https://ravi.example.com"
HOME_LOGIN = {"access_token": "at-home", "refresh_token": "rt-home", "server": HERE}
DIR_LOGIN = {"access_token": "at-dir", "refresh_token": "rt-dir", "server": HERE}
OWN_KEY = {"identity_uuid": ONE, "identity_key": "ravi_id_own", "server": HERE}
SELECTION = {"identity_uuid": ONE}
PUBLISHED = {"management_key": "ravi_mgmt_old", "identity_key": "ravi_id_old", "identity_uuid": ONE, "server": HERE}

ALL = {
    "~/.ravi/auth.json": HOME_LOGIN,
    "~/.ravi/config.json": PUBLISHED,
    "$/auth.json": DIR_LOGIN,
    "$/config.json": OWN_KEY,
}

ROWS = {
    "RAVI_API_KEY beats every file": (ALL, {"RAVI_API_KEY": "key"}, "key", "RAVI_API_KEY"),
    "RAVI_ACCESS_TOKEN beats every file": (ALL, {"RAVI_ACCESS_TOKEN": "tok"}, "tok", "RAVI_ACCESS_TOKEN"),
    "both may say the same": (ALL, {"RAVI_API_KEY": "x", "RAVI_ACCESS_TOKEN": "x"}, "x", "RAVI_API_KEY"),
    "an empty variable is unset": (
        {"~/.ravi/auth.json": HOME_LOGIN},
        {"RAVI_API_KEY": "", "RAVI_ACCESS_TOKEN": ""},
        "at-home",
        "~/.ravi/auth.json",
    ),
    "a trailing newline is not part of a key": ({}, {"RAVI_API_KEY": "key\r\n"}, "key", "RAVI_API_KEY"),
    "the selecting file's own key": (ALL, {}, "ravi_id_own", "<dir>/config.json"),
    "the key stays in force under --identity": (ALL, {"RAVI_IDENTITY": "other"}, "ravi_id_own", "<dir>/config.json"),
    "RAVI_CONFIG_DIR's sign-in": ({**ALL, "$/config.json": SELECTION}, {}, "at-dir", "<dir>/auth.json"),
    "RAVI_CONFIG_DIR's account key": (
        {"~/.ravi/auth.json": HOME_LOGIN, "$/config.json": {**SELECTION, "management_key": "m", "server": HERE}},
        {},
        "m",
        "<dir>/config.json",
    ),
    "the home's sign-in when the directory has none": (
        {"~/.ravi/auth.json": HOME_LOGIN, "$/config.json": SELECTION},
        {},
        "at-home",
        "~/.ravi/auth.json",
    ),
    "a project uses the home's sign-in": (
        {"~/.ravi/auth.json": HOME_LOGIN, "./.ravi/config.json": SELECTION},
        {},
        "at-home",
        "~/.ravi/auth.json",
    ),
    "the home file's own key when it selects": (
        {"~/.ravi/auth.json": HOME_LOGIN, "~/.ravi/config.json": OWN_KEY},
        {},
        "ravi_id_own",
        "~/.ravi/config.json",
    ),
    "the home file's own key does not serve another selection": (
        {"~/.ravi/auth.json": HOME_LOGIN, "~/.ravi/config.json": OWN_KEY, "./.ravi/config.json": SELECTION},
        {},
        "at-home",
        "~/.ravi/auth.json",
    ),
    "the published layout is last": (
        {"~/.ravi/config.json": PUBLISHED, "./.ravi/config.json": SELECTION},
        {},
        "ravi_mgmt_old",
        "~/.ravi/config.json",
    ),
    "the published layout's identity key serves alone": (
        {
            "~/.ravi/config.json": {"identity_uuid": ONE, "identity_key": "ravi_id_old", "server": HERE},
            "./.ravi/config.json": SELECTION,
        },
        {},
        "ravi_id_old",
        "~/.ravi/config.json",
    ),
    "empty strings in the home file are published clients' absent": (
        {"~/.ravi/config.json": {"identity_uuid": ONE, "identity_key": "", "management_key": "m", "server": HERE}},
        {},
        "m",
        "~/.ravi/config.json",
    ),
    "signed out is not signed in": (
        {"~/.ravi/auth.json": {"user_email": "a@example.com", "server": HERE, "access_token": None}},
        {},
        None,
        None,
    ),
    "nothing": ({}, {}, None, None),
}


@pytest.mark.parametrize(("files", "env", "token", "source"), ROWS.values(), ids=ROWS)
def test_the_first_credential_wins(machine, files, env, token, source) -> None:
    for name, content in files.items():
        machine.write(name, content, mode=0o600)

    settings = machine.resolve(env=env)

    if token is None:
        assert settings.credential is None
        with pytest.raises(NotSignedIn):
            settings.require_credential()
        return
    credential = settings.require_credential()
    expected = source.replace("<dir>", str(machine.config_dir))
    assert (credential.token, credential.source, credential.server) == (token, expected, HERE)
    assert settings.server.value == HERE


def test_a_saved_sign_in_can_be_refreshed_and_knows_its_end(machine) -> None:
    machine.write("~/.ravi/auth.json", {**HOME_LOGIN, "expires_at": "2030-01-01T00:00:00Z"})

    credential = machine.resolve().require_credential()

    assert credential.refresh == "rt-home"
    assert credential.path == str(machine.path("~/.ravi/auth.json"))
    assert credential.expires_at == 1893456000.0


def test_a_refresh_token_alone_is_a_sign_in(machine) -> None:
    machine.write("~/.ravi/auth.json", {"refresh_token": "rt", "server": HERE})

    credential = machine.resolve().require_credential()

    assert (credential.token, credential.refresh) == ("", "rt")


def test_bound_tokens_in_the_selecting_file_serve_and_refresh_there(machine) -> None:
    path = machine.write(
        "$/config.json",
        {"identity_uuid": ONE, "bound_access_token": "b", "bound_refresh_token": "br", "server": HERE},
    )

    credential = machine.resolve().require_credential()

    assert (credential.token, credential.refresh, credential.path) == ("b", "br", str(path))


@pytest.mark.parametrize("key", ["identity_key", "bound_access_token", "bound_refresh_token"])
@pytest.mark.parametrize("value", ["", None, 5, "two words", "line\nbreak", "nul\0", "ünicode"])
def test_a_workspace_key_that_is_unusable_is_an_error_and_not_the_wider_sign_in(machine, key, value) -> None:
    machine.write("~/.ravi/auth.json", HOME_LOGIN)
    machine.write("$/config.json", {"identity_uuid": ONE, "server": HERE, key: value})

    with pytest.raises(ConfigInvalid) as caught:
        machine.resolve()

    assert str(machine.config_dir) in caught.value.message
    assert key in caught.value.message


@pytest.mark.parametrize("name", ["RAVI_API_KEY", "RAVI_ACCESS_TOKEN"])
@pytest.mark.parametrize("value", ["two words", "line\nbreak", "x\0", "ü", " "])
def test_a_variable_that_is_no_credential_is_an_error_that_does_not_show_it(machine, name, value) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        machine.resolve(env={name: value})

    assert caught.value.message.startswith(f"{name} has a")
    assert "two words" not in caught.value.message


def test_two_different_variables_are_an_error(machine) -> None:
    with pytest.raises(ConfigInvalid, match="RAVI_API_KEY and RAVI_ACCESS_TOKEN are both set and differ"):
        machine.resolve(env={"RAVI_API_KEY": "a", "RAVI_ACCESS_TOKEN": "b"})


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"\xff", b'{"access_token": 5, "server": "http://localhost"}'])
@pytest.mark.parametrize("place", ["~/.ravi/auth.json", "$/auth.json"])
def test_a_broken_sign_in_file_is_an_error_and_not_the_next_source(machine, place, broken) -> None:
    machine.write("~/.ravi/auth.json", HOME_LOGIN)
    machine.write("$/config.json", SELECTION)
    machine.write(place, broken)

    with pytest.raises(ConfigInvalid, match=r"auth\.json"):
        machine.resolve()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("~/.ravi/auth.json", {"access_token": "t"}),
        ("~/.ravi/auth.json", {"access_token": "t", "server": ""}),
        ("~/.ravi/config.json", {"management_key": "ravi_mgmt_x"}),
        ("$/config.json", {"identity_uuid": ONE, "identity_key": "ravi_id_x"}),
    ],
)
def test_a_saved_credential_without_its_server_goes_nowhere(machine, name, content) -> None:
    path = machine.write(name, content)

    for env in ({}, {"RAVI_API_URL": HERE}):
        with pytest.raises(ConfigInvalid, match="does not say which server") as caught:
            machine.resolve(env=env)
        assert caught.value.message.startswith((name, str(path)))
        assert "ravi auth login --server URL" in caught.value.hint


class TestTheServer:
    """A credential goes to the server it was saved with, and to no other."""

    def test_a_variable_goes_with_a_credential_of_the_environment(self, machine) -> None:
        settings = machine.resolve(env={"RAVI_API_KEY": "k", "RAVI_API_URL": THERE + "/api/"})

        assert settings.require_credential().server == THERE
        assert (settings.server.value, settings.server.source) == (THERE, "RAVI_API_URL")

    def test_a_credential_of_the_environment_alone_goes_to_the_default(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**HOME_LOGIN, "server": THERE})

        settings = machine.resolve(env={"RAVI_API_KEY": "k"})

        assert (settings.server.value, settings.server.source) == (HERE, "default")

    def test_the_flag_beats_the_variable(self, machine) -> None:
        env = {"RAVI_API_KEY": "k", "RAVI_API_URL": HERE}

        assert machine.resolve(env=env, server=THERE).server.source == "--server"

    def test_a_saved_credential_names_its_server_and_where_it_was_read(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**HOME_LOGIN, "server": THERE.upper().replace("HTTPS", "https")})

        settings = machine.resolve()

        assert (settings.server.value, settings.server.source) == (THERE, "~/.ravi/auth.json")

    @pytest.mark.parametrize("told", [{"server": THERE}, {"env": {"RAVI_API_URL": THERE}}])
    def test_another_server_than_the_saved_one_is_an_error_that_names_both(self, machine, told) -> None:
        machine.write("~/.ravi/auth.json", HOME_LOGIN)

        with pytest.raises(ConfigInvalid) as caught:
            machine.resolve(**told)

        assert THERE in caught.value.message
        assert HERE in caught.value.message
        assert "~/.ravi/auth.json" in caught.value.message
        assert f"ravi auth login --server {THERE}" in caught.value.hint

    @pytest.mark.parametrize(
        "spelling", ["http://127.0.0.1:8787/", "HTTP://127.0.0.1:8787/api", "http://127.0.0.1:8787/api/"]
    )
    def test_another_spelling_of_the_saved_server_is_the_same_server(self, machine, spelling) -> None:
        machine.write("~/.ravi/auth.json", HOME_LOGIN)

        assert machine.resolve(server=spelling).server.value == HERE

    def test_without_a_credential_the_server_is_the_last_one_signed_in_to(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {"server": THERE})

        settings = machine.resolve()

        assert (settings.server.value, settings.server.source) == (THERE, "~/.ravi/auth.json")
        assert settings.credential is None

    def test_plain_http_to_another_machine_is_refused_unless_allowed(self, machine) -> None:
        far = {"RAVI_API_KEY": "k", "RAVI_API_URL": "http://ravi.internal:8787"}

        with pytest.raises(ConfigInvalid, match="plain http to another machine") as caught:
            machine.resolve(env=far)
        assert "RAVI_ALLOW_HTTP=1" in caught.value.hint
        with pytest.raises(ConfigInvalid):
            machine.resolve(env={**far, "RAVI_ALLOW_HTTP": "0"})
        assert machine.resolve(env={**far, "RAVI_ALLOW_HTTP": "1"}).server.value == "http://ravi.internal:8787"

    def test_the_same_holds_for_a_saved_credential_and_for_signing_in(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**HOME_LOGIN, "server": "http://ravi.internal"})

        with pytest.raises(ConfigInvalid, match="plain http"):
            machine.resolve()
        with pytest.raises(ConfigInvalid, match="plain http"):
            machine.resolve(sign_in=True)


class TestSigningIn:
    """Before a sign-in no credential is read, and another server is no contradiction."""

    @pytest.mark.parametrize("told", [{"server": THERE}, {"env": {"RAVI_API_URL": THERE}}])
    def test_may_go_elsewhere_than_the_last_one(self, machine, told) -> None:
        machine.write("~/.ravi/auth.json", HOME_LOGIN)

        settings = machine.resolve(sign_in=True, **told)

        assert settings.server.value == THERE
        assert settings.credential is None

    def test_goes_where_the_last_one_went(self, machine) -> None:
        machine.write("~/.ravi/auth.json", {**HOME_LOGIN, "server": THERE})

        assert machine.resolve(sign_in=True).server.value == THERE

    def test_works_where_the_project_and_the_saved_credential_are_unusable(self, machine) -> None:
        machine.write("./.ravi/config.json", b"{")
        machine.write("~/.ravi/config.json", b"{")
        machine.write("~/.ravi/auth.json", {"access_token": "t"})

        assert machine.resolve(sign_in=True).server.value == HERE

    def test_finds_out_first_that_the_result_could_not_be_saved(self, machine) -> None:
        machine.write("~/.ravi/auth.json", b"{")

        with pytest.raises(ConfigInvalid, match=r"auth\.json"):
            machine.resolve(sign_in=True, server=THERE)


@pytest.mark.parametrize("place", ["~/.ravi/auth.json", "$/auth.json", "$/config.json"])
def test_a_file_of_ours_that_others_can_read_is_closed_when_its_secret_is_used(machine, place) -> None:
    content = OWN_KEY if "config" in place else HOME_LOGIN
    path = machine.write(place, content, mode=0o644)
    if not place.startswith("~"):
        machine.config_dir.mkdir(exist_ok=True)

    assert machine.resolve(need_identity=False).credential is not None

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_without_a_secret_keeps_its_mode(machine) -> None:
    path = machine.write("$/config.json", SELECTION, mode=0o644)

    machine.resolve()

    assert path.stat().st_mode & 0o777 == 0o644
