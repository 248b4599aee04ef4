"""A saved sign-in is renewed once, by whoever comes first, and the others find what it saved."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from ravi import Client, errors
from ravi.settings.client import clear_tokens, resolve, save_login
from ravi.wire import codes
from tests.support.fake_servers import ONE, Request, problem

INBOX = {"email": "one@in.ravi.localhost"}
PAST, FUTURE = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
EXPIRED = (401, problem(codes.UNAUTHENTICATED, "token is invalid or expired"))


class Tokens:
    """The server's side: hands out access tokens, each refresh token good once."""

    def __init__(self, api) -> None:
        self.good = "fresh-1"
        self.refresh = "refresh-0"
        self.renewals = 0
        self.slowness = 0.0
        self._lock = threading.Lock()
        api.routes["GET", "/api/email/"] = self.email
        api.routes["POST", "/api/auth/token/refresh/"] = self.renew

    def email(self, request: Request):
        return [INBOX] if request.headers["authorization"] == f"Bearer {self.good}" else EXPIRED

    def renew(self, request: Request):
        time.sleep(self.slowness)
        with self._lock:
            if request.body != {"refresh": self.refresh} or "authorization" in request.headers:
                return 401, problem(codes.TOKEN_REUSED, "this token was used before")
            self.renewals += 1
            self.good, self.refresh = f"fresh-{self.renewals}", f"refresh-{self.renewals}"
            return {"access": self.good, "refresh": self.refresh, "expires_at": FUTURE}


@pytest.fixture
def tokens(api) -> Tokens:
    return Tokens(api)


@pytest.fixture
def sign_in(home, api, tokens, monkeypatch):
    """Save a sign-in whose access token is no good any more; `expires_at` says so, or does not."""
    monkeypatch.setenv("RAVI_IDENTITY", ONE)

    def save(*, expires_at: str | None = FUTURE, refresh: str = "refresh-0"):
        return save_login(
            str(home / ".ravi"),
            server=api.url,
            access="stale",
            refresh=refresh,
            expires_at=expires_at,
            more={"kept": 1},
        )

    return save


def saved(path: str) -> dict:
    with open(path) as file:
        return json.load(file)


def test_a_token_that_says_it_ended_is_renewed_before_it_is_used(api, tokens, sign_in) -> None:
    path = sign_in(expires_at=PAST)

    with Client() as client:
        assert client.own.email() == INBOX
        assert client.own.email() == INBOX

    assert api.seen() == [("POST", "/api/auth/token/refresh/"), ("GET", "/api/email/"), ("GET", "/api/email/")]
    assert saved(path) == {
        "access_token": "fresh-1",
        "refresh_token": "refresh-1",
        "expires_at": FUTURE,
        "server": api.url,
        "kept": 1,
    }
    assert os.stat(path).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("expires_at", [FUTURE, None, "nonsense"])
def test_a_token_that_is_refused_is_renewed_once_and_the_call_repeated(api, tokens, sign_in, expires_at) -> None:
    sign_in(expires_at=expires_at)

    with Client() as client:
        assert client.own.email() == INBOX

    assert [target for _, target in api.seen()] == ["/api/email/", "/api/auth/token/refresh/", "/api/email/"]


def test_a_token_that_another_process_renewed_meanwhile_is_used(api, tokens, sign_in, home) -> None:
    sign_in()
    with Client() as client:
        save_login(str(home / ".ravi"), server=api.url, access=tokens.good, refresh="r", expires_at=FUTURE)
        assert client.own.email() == INBOX

    assert tokens.renewals == 0


def test_a_refused_renewal_ends_with_the_way_to_sign_in_and_leaves_the_file(api, tokens, sign_in) -> None:
    path = sign_in(refresh="used-long-ago")
    before = saved(path)

    with Client() as client, pytest.raises(errors.TokenReused) as caught:
        client.own.email()

    assert "~/.ravi/auth.json has ended" in caught.value.message
    assert "ravi auth login" in caught.value.hint
    assert caught.value.status == 401
    assert saved(path) == before


def test_a_fresh_token_that_is_refused_too_is_not_renewed_again(api, tokens, sign_in) -> None:
    sign_in()
    api.routes["GET", "/api/email/"] = EXPIRED

    with Client() as client, pytest.raises(errors.Unauthenticated, match=r"credential from ~/\.ravi/auth\.json"):
        client.own.email()
    assert tokens.renewals == 1


def test_a_key_that_is_refused_is_not_renewed(api, client_for) -> None:
    api.routes["GET", "/api/email/"] = EXPIRED

    with pytest.raises(errors.Unauthenticated, match="credential from RAVI_API_KEY"):
        client_for(api.url).own.email()
    assert len(api.requests) == 1


def test_signing_out_meanwhile_is_heeded(api, tokens, sign_in, home) -> None:
    sign_in()
    with Client() as client:
        clear_tokens(str(home / ".ravi"))
        with pytest.raises(errors.NotSignedIn, match="no longer holds a sign-in"):
            client.own.email()
    assert tokens.renewals == 0


def test_a_token_of_another_server_is_never_sent_here(api, tokens, sign_in, home) -> None:
    sign_in()
    with Client() as client:
        save_login(str(home / ".ravi"), server="https://elsewhere.example", access="theirs", refresh="theirs")
        with pytest.raises(errors.ConfigInvalid, match=r"now holds a sign-in at https://elsewhere\.example"):
            client.own.email()
    assert "theirs" not in str([(r.headers, r.body) for r in api.requests])


def test_a_refresh_token_alone_is_enough(api, tokens, home, monkeypatch) -> None:
    monkeypatch.setenv("RAVI_IDENTITY", ONE)
    (home / ".ravi").mkdir()
    (home / ".ravi" / "auth.json").write_text(json.dumps({"refresh_token": "refresh-0", "server": api.url}))

    with Client() as client:
        assert client.own.email() == INBOX
    assert tokens.renewals == 1


def test_a_renewal_on_request_happens_although_the_token_is_good(api, tokens, sign_in) -> None:
    path = sign_in()

    with Client(resolve(need_identity=False)) as client:
        renewed = client.auth.refresh()

    assert (renewed.token, renewed.path, renewed.expires_at) == ("fresh-1", path, 4102444800.0)
    assert saved(path)["access_token"] == "fresh-1"


def test_a_file_that_cannot_be_locked_spends_no_refresh_token(api, tokens, sign_in) -> None:
    path = sign_in()
    os.unlink(path + ".lock")
    os.mkdir(path + ".lock")

    with Client() as client, pytest.raises(errors.ConfigInvalid, match="cannot lock"):
        client.own.email()
    assert tokens.renewals == 0


@pytest.mark.parametrize("expires_at", [PAST, FUTURE])
def test_fifty_processes_with_one_stale_token_renew_it_once(api, tokens, sign_in, expires_at) -> None:
    sign_in(expires_at=expires_at)
    tokens.slowness = 0.3  # so that all are there before the first is done
    script = (
        "import sys\nfrom ravi.client.session import Client\n"
        "with Client() as client:\n"
        "    sys.stdin.readline()\n"
        "    print(client.own.email()['email'])\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(50)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outcomes = [process.communicate() for process in processes]

    assert outcomes == [("one@in.ravi.localhost\n", "")] * 50
    assert tokens.renewals == 1
    assert api.seen().count(("POST", "/api/auth/token/refresh/")) == 1


def test_threads_of_one_client_renew_once(api, tokens, sign_in) -> None:
    sign_in()
    tokens.slowness = 0.1
    results = []
    with Client() as client:
        threads = [threading.Thread(target=lambda: results.append(client.own.email())) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert results == [INBOX] * 10
    assert tokens.renewals == 1
