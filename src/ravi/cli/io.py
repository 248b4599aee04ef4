"""What a verb is handed besides its arguments: the way out, the environment, and a client on demand."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ravi.cli.options import Options
    from ravi.cli.output import Output
    from ravi.client.session import Client
    from ravi.settings.client import Settings


class Io:
    """`out` prints, `options` are the global ones, `environ` is the process's environment."""

    def __init__(self, options: Options, out: Output, environ: Mapping[str, str]) -> None:
        self.options = options
        self.out = out
        self.environ = environ

    def settings(self, *, need_identity: bool) -> Settings:
        """
        Where to go and as whom. Reads files; sends nothing.

        With *need_identity* the command acts as an identity. Raises ConfigInvalid, ConfigUntrusted,
        NotSignedIn or IdentityRequired.
        """
        from ravi.settings.client import resolve

        return resolve(
            identity=self.options.identity,
            server=self.options.server,
            environ=self.environ,
            need_identity=need_identity,
        )

    def client(self, *, need_identity: bool, about_old_vault: bool = True) -> Client:
        """
        A client for `settings`; nothing is sent before its first call. Raises what `settings` does.

        Warns of a vault that should be upgraded, unless the command speaks *about_old_vault* itself.
        """
        from ravi.client.session import Client

        settings = self.settings(need_identity=need_identity)
        if about_old_vault and settings.credential is not None and settings.credential.old_vault:
            self.out.warn(
                "the account's vault is in the format of the published client, which a stolen database opens",
                "upgrade it with: ravi vault upgrade",
            )
        return Client(settings)

    def acting_as(self, ravi: Client) -> str:
        """
        What the identity that *ravi* acts as is called: a uuid, or a name as it was given.

        A key that belongs to one identity says so itself, for which the server is asked. Raises
        IdentityRequired when nothing selects one, or what asking raises.
        """
        selected = ravi.settings.identity
        credential = ravi.settings.credential
        if selected is None and credential is not None and credential.names_identity:
            own = ravi.auth.whoami()["identity_uuid"]
            if own is not None:
                return own
        return ravi.settings.require_identity().value
