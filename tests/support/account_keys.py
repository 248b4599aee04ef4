"""What a server keeps of one account's keys, behind a scripted one whose answers can be lost on the way."""

import base64
from collections.abc import Callable
from typing import Any

from ravi.crypto import pin as pins
from ravi.crypto import root
from ravi.wire import codes
from tests.support.fake_servers import Api, problem

ACCOUNT = "aaaaaaaa-1111-4111-8111-111111111111"
META, ROOT = ("GET", "/api/encryption/"), ("PUT", "/api/encryption/root/")
PIN = "sesame-7"


class Keys:
    """What a server keeps of one account's keys, behind an `Api`. `lose` says what becomes of the next root sent."""

    def __init__(self, api: Api) -> None:
        self.meta: dict[str, Any] = {
            "account_uuid": ACCOUNT,
            "format": 0,
            "upgrading": False,
            "salt": None,
            "verifier": None,
            "public_key": None,
            "root_salt": None,
            "wrapped_root": None,
            "root_version": 0,
        }
        self.fail: Callable[[], tuple[int, Any]] | None = None
        self.takes_what_fails = False
        api.routes[META] = lambda _: dict(self.meta)
        api.routes[ROOT] = self._put

    def set_up(self, root_key: bytes, secret_key: bytes, pin: str = PIN) -> None:
        """As another machine does it."""
        salt = bytes(16)
        wrapped = root.wrap(root_key, pins.unlock_key(pin, salt, secret_key), account_uuid=ACCOUNT, salt=salt)
        self._take(base64.b64encode(salt).decode(), wrapped)

    def _put(self, request: Any) -> Any:
        body = request.body
        if self.fail is not None:
            fail, self.fail = self.fail, None
            if self.takes_what_fails:
                self._take(body["root_salt"], body["wrapped_root"])
            return fail()
        if body["expected_version"] != self.meta["root_version"]:
            code = codes.VAULT_CHANGED if body["expected_version"] else codes.VAULT_SET_UP
            return 409, problem(code, "no")
        self._take(body["root_salt"], body["wrapped_root"])
        return dict(self.meta)

    def _take(self, root_salt: str, wrapped_root: str) -> None:
        version = self.meta["root_version"] + 1
        self.meta.update(format=2, root_salt=root_salt, wrapped_root=wrapped_root, root_version=version)
