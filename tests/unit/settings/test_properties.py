"""Whatever a config file holds, the first hit decides, and nothing but our own errors comes out."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ravi.errors import ConfigError

ONE = "11111111-1111-4111-8111-111111111111"
OTHER = "99999999-9999-4999-8999-999999999999"
KEYS = [
    "identity_uuid",
    "identity_name",
    "identity_key",
    "bound_access_token",
    "bound_refresh_token",
    "bound_expires_at",
    "management_key",
    "access_token",
    "refresh_token",
    "expires_at",
    "server",
    "workspace",
    "binding",
    "proxy",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([ONE, ONE.upper(), "", "http://127.0.0.1:8787", "https://x.example/api", "ravi_id_k", "/"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.sampled_from(["host", "path"]), SCALARS)
OBJECTS = st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=10), VALUES, max_size=6).map(
    lambda data: json.dumps(data).encode()
)
MUTILATED = st.tuples(OBJECTS, st.integers(0, 60), st.binary(max_size=4)).map(lambda t: t[0][: t[1]] + t[2])
CONTENTS = OBJECTS | MUTILATED | st.binary(max_size=60)
QUICK = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def selected_by(content: bytes) -> str | None:
    """The identity that a plain reading of *content* gives, None when it gives none."""
    try:
        uuid = json.loads(content)["identity_uuid"]
    except (ValueError, LookupError, TypeError):
        return None
    return uuid.lower() if isinstance(uuid, str) else None


def assert_names_the_file(error: ConfigError) -> None:
    assert "config.json" in error.message


@pytest.mark.parametrize("place", ["$/config.json", "./.ravi/config.json"])
@QUICK
@given(content=CONTENTS)
def test_a_file_that_is_hit_selects_what_it_says_or_raises(machine, place, content) -> None:
    machine.write("~/.ravi/config.json", {"identity_uuid": OTHER})
    machine.write(place, content)
    try:
        found = machine.resolve(env={"RAVI_API_KEY": "k"}).identity
    except ConfigError as error:
        assert_names_the_file(error)
        return
    assert found is not None
    assert found.value == selected_by(content) != OTHER


@QUICK
@given(content=CONTENTS)
def test_the_home_file_selects_what_it_says_or_nothing_or_raises(machine, content) -> None:
    machine.write("~/.ravi/config.json", content)
    try:
        found = machine.resolve(env={"RAVI_API_KEY": "k"}).identity
    except ConfigError as error:
        assert_names_the_file(error)
        return
    assert found is None or found.value == selected_by(content)


@pytest.mark.parametrize("place", ["$/config.json", "./.ravi/config.json", "~/.ravi/config.json", "~/.ravi/auth.json"])
@pytest.mark.parametrize("told", [{}, {"need_identity": False}, {"sign_in": True}, {"identity": ONE}])
@QUICK
@given(content=CONTENTS)
def test_a_credential_goes_to_the_server_that_stands_beside_it(machine, place, told, content) -> None:
    machine.write(place, content)
    try:
        found = machine.resolve(**told, env={"RAVI_ALLOW_HTTP": "1"})
    except ConfigError:
        return
    if found.credential is not None:
        data = json.loads(content)
        assert found.credential.token in [*data.values(), ""]
        assert isinstance(data["server"], str)
        assert found.server.value == found.credential.server
        assert not place.startswith("."), "a project file that nobody approved lent its credential"
