"""What a resolved configuration looks like. Nothing is read here."""

from __future__ import annotations

from ravi.errors import IdentityRequired, NotSignedIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ravi.settings.resolve import Sourced

#: Where a server listens that was started without any configuration.
DEFAULT_SERVER = "http://127.0.0.1:8787"


class Credential:
    """
    Something to sign requests with, and the only server it may be sent to.

    `token` goes into `Authorization: Bearer` and may be empty when only a refresh token is left. `refresh` is
    set for a saved sign-in alone. `path` is the file to rewrite after a refresh, with the names that
    the tokens have in it in `keys`; both are None for credentials that are not refreshed. `expires_at` is the
    access token's end in seconds since the epoch, None when unknown. `old_vault` says that the account's vault, as
    it was opened on this machine, is still in the format of the published client. The repr shows no secret.
    """

    __slots__ = ("expires_at", "keys", "old_vault", "path", "refresh", "server", "source", "token")

    def __init__(
        self,
        token: str,
        *,
        server: str,
        source: str,
        refresh: str | None = None,
        path: str | None = None,
        keys: TokenKeys | None = None,
        expires_at: float | None = None,
        old_vault: bool = False,
    ) -> None:
        self.token = token
        self.server = server
        self.source = source
        self.refresh = refresh
        self.path = path
        self.keys = keys
        self.expires_at = expires_at
        self.old_vault = old_vault

    @property
    def names_identity(self) -> bool:
        """Whether the credential itself says which identity it is, so that none need be selected."""
        return self.token.startswith("ravi_id_")

    def __repr__(self) -> str:
        return f"Credential(<hidden>, server={self.server!r}, source={self.source!r})"

    def __reduce__(self) -> str:
        raise TypeError("a credential is not serialised")


class TokenKeys:
    """The names under which one file keeps one pair of tokens."""

    __slots__ = ("access", "expires_at", "refresh")

    def __init__(self, access: str, refresh: str, expires_at: str) -> None:
        self.access = access
        self.refresh = refresh
        self.expires_at = expires_at


SIGN_IN_KEYS = TokenKeys("access_token", "refresh_token", "expires_at")
BOUND_KEYS = TokenKeys("bound_access_token", "bound_refresh_token", "bound_expires_at")


class Settings:
    """
    Everything a client needs to know, each value with its source.

    `server` is where calls go. `identity` is a uuid, or a name as it was written when it comes from
    `--identity` or RAVI_IDENTITY; None when nothing selects one. `identity_name` comes from the selecting
    file and is for display only. `vault_key` is an identity's key as text, with the uuid of the identity that
    it belongs to (None where a variable gives it, which does not say). `home` is `~/.ravi`, `config_dir` is
    RAVI_CONFIG_DIR or `home`: where a sign-in or a selection of this process is written.
    """

    __slots__ = ("config_dir", "credential", "home", "identity", "identity_name", "no_identity", "server", "vault_key")

    def __init__(
        self,
        *,
        server: Sourced[str],
        identity: Sourced[str] | None,
        identity_name: str | None,
        credential: Credential | None,
        home: str,
        config_dir: str,
        no_identity: str = "no identity is selected",
        vault_key: Sourced[tuple[str, str | None]] | None = None,
    ) -> None:
        self.server = server
        self.identity = identity
        self.identity_name = identity_name
        self.credential = credential
        self.home = home
        self.config_dir = config_dir
        #: Why there is no identity, for the message of IdentityRequired.
        self.no_identity = no_identity
        self.vault_key = vault_key

    def require_credential(self) -> Credential:
        """The credential. Raises NotSignedIn when there is none."""
        if self.credential is None:
            raise NotSignedIn(
                "not signed in",
                hint="sign in with: ravi auth login (or set RAVI_API_KEY)",
            )
        return self.credential

    def require_identity(self) -> Sourced[str]:
        """The selected identity. Raises IdentityRequired when there is none."""
        if self.identity is None:
            raise IdentityRequired(self.no_identity)
        return self.identity

    def __repr__(self) -> str:
        return f"Settings(server={self.server!r}, identity={self.identity!r}, credential={self.credential!r})"
