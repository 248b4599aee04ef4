"""
Every command: its words, the module that carries it out, and one line about it.

A literal on purpose: the way in looks one entry up and imports that one module. Help, completion and the
check of docs/reference/cli.md read the same table.
"""

from __future__ import annotations

#: noun → one line about the group.
GROUPS: dict[str, str] = {
    "auth": "sign in and out",
    "identity": "make, choose, switch and end identities",
    "get": "what the selected identity has",
    "keys": "API keys of the account and of identities",
    "inbox": "what has come in",
    "message": "single messages",
    "email": "send mail, answer it and pass it on",
    "sms": "send texts",
    "phone": "the identity's number",
    "attachments": "files that came with messages",
    "contacts": "whom an identity knows",
    "sso": "proving to a service which identity this is",
    "webhooks": "events posted to a URL",
    "secrets": "values under names, sealed before they leave this machine",
    "passwords": "sign-ins for sites, sealed before they leave this machine",
    "totp": "one-time codes for second factors",
    "vault": "the keys that seal and open",
}

#: words → (module, summary). One word stands alone, two are noun and verb.
COMMANDS: dict[str, tuple[str, str]] = {
    "auth login": ("ravi.cli.auth.login", "sign this machine in"),
    "auth logout": ("ravi.cli.auth.logout", "sign this machine out"),
    "auth status": ("ravi.cli.auth.status", "ask the server who is signed in"),
    "auth refresh": ("ravi.cli.auth.refresh", "renew the access token now"),
    "auth change-pin": ("ravi.cli.auth.change_pin", "choose another PIN for the vault"),
    "auth recovery-code": ("ravi.cli.auth.recovery_code", "replace the recovery code"),
    "identity list": ("ravi.cli.identity.list", "list identities"),
    "identity create": ("ravi.cli.identity.create", "make an identity"),
    "identity show": ("ravi.cli.identity.show", "show one identity"),
    "identity use": ("ravi.cli.identity.use", "choose the identity that commands act as"),
    "identity rename": ("ravi.cli.identity.rename", "give an identity another name"),
    "identity restrict": ("ravi.cli.identity.restrict", "say whom an identity may write to"),
    "identity provision-phone": ("ravi.cli.identity.provision_phone", "give an identity a number"),
    "identity disable": ("ravi.cli.identity.disable", "switch identities off, reversibly"),
    "identity enable": ("ravi.cli.identity.enable", "switch identities on again"),
    "identity delete": ("ravi.cli.identity.delete", "end identities for good"),
    "identity prune": ("ravi.cli.identity.prune", "end all old identities of a kind"),
    "get email": ("ravi.cli.get.email", "the identity's email address"),
    "get phone": ("ravi.cli.get.phone", "the identity's phone number"),
    "get owner": ("ravi.cli.get.owner", "the person the identity works for"),
    "keys list": ("ravi.cli.keys.list", "list API keys"),
    "keys create": ("ravi.cli.keys.create", "make an API key"),
    "keys revoke": ("ravi.cli.keys.revoke", "end an API key"),
    "inbox email": ("ravi.cli.inbox.email", "list conversations, or show one"),
    "inbox sms": ("ravi.cli.inbox.sms", "list conversations by text, or show one"),
    "inbox search": ("ravi.cli.inbox.search", "find messages by their words"),
    "message email": ("ravi.cli.message.email", "list messages, or show one"),
    "message sms": ("ravi.cli.message.sms", "list texts, or show one"),
    "message read": ("ravi.cli.message.read", "mark messages as read"),
    "message unread": ("ravi.cli.message.unread", "mark messages as unread"),
    "email compose": ("ravi.cli.email.compose", "send a message"),
    "email reply": ("ravi.cli.email.reply", "answer the sender of a message"),
    "email reply-all": ("ravi.cli.email.reply_all", "answer the sender and all other recipients"),
    "email forward": ("ravi.cli.email.forward", "pass a message on"),
    "sms send": ("ravi.cli.sms.send", "send a text"),
    "phone add": ("ravi.cli.phone.add", "give the identity a number"),
    "phone release": ("ravi.cli.phone.release", "take the identity's number away for good"),
    "wait": ("ravi.cli.wait", "wait for a code, a link or a message"),
    "attachments download": ("ravi.cli.attachments.download", "save files that came with messages"),
    "contacts list": ("ravi.cli.contacts.list", "list contacts"),
    "contacts search": ("ravi.cli.contacts.search", "find contacts by letters of their names"),
    "contacts find": ("ravi.cli.contacts.find", "show the contact with this address or number"),
    "contacts get": ("ravi.cli.contacts.get", "show one contact"),
    "contacts create": ("ravi.cli.contacts.create", "add a contact"),
    "contacts update": ("ravi.cli.contacts.update", "change a contact"),
    "contacts delete": ("ravi.cli.contacts.delete", "erase contacts"),
    "events": ("ravi.cli.events", "what happened, or happens"),
    "sso token": ("ravi.cli.sso.token", "make a token that proves which identity this is"),
    "sso verify": ("ravi.cli.sso.verify", "ask whom such a token proves"),
    "audit": ("ravi.cli.audit", "who did what, and from where"),
    "webhooks add": ("ravi.cli.webhooks.add", "have events posted to a URL"),
    "webhooks list": ("ravi.cli.webhooks.list", "list webhooks"),
    "webhooks test": ("ravi.cli.webhooks.test", "post a test event and say how that went"),
    "webhooks deliveries": ("ravi.cli.webhooks.deliveries", "what was posted, and how that went"),
    "webhooks remove": ("ravi.cli.webhooks.remove", "remove a webhook"),
    "secrets set": ("ravi.cli.secrets.set", "set a secret"),
    "secrets get": ("ravi.cli.secrets.get", "read secrets"),
    "secrets list": ("ravi.cli.secrets.list", "list the names of secrets"),
    "secrets delete": ("ravi.cli.secrets.delete", "delete secrets"),
    "secrets export": ("ravi.cli.secrets.export", "print all secrets for a program to read"),
    "secrets import": ("ravi.cli.secrets.import_", "set the secrets in a file, all or none"),
    "passwords create": ("ravi.cli.passwords.create", "store a sign-in for a site"),
    "passwords list": ("ravi.cli.passwords.list", "list sign-ins, without passwords"),
    "passwords get": ("ravi.cli.passwords.get", "read one sign-in"),
    "passwords update": ("ravi.cli.passwords.update", "change a sign-in"),
    "passwords edit": ("ravi.cli.passwords.update", "another word for update"),
    "passwords delete": ("ravi.cli.passwords.delete", "delete a sign-in"),
    "passwords history": ("ravi.cli.passwords.history", "read what a sign-in was before"),
    "passwords generate": ("ravi.cli.passwords.generate", "print a random password"),
    "totp add": ("ravi.cli.totp.add", "store the seed of one-time codes"),
    "totp code": ("ravi.cli.totp.code", "print the present one-time code"),
    "totp list": ("ravi.cli.totp.list", "list seeds by name"),
    "totp delete": ("ravi.cli.totp.delete", "delete a seed"),
    "vault key": ("ravi.cli.vault.key", "print one identity's vault key, for its agent"),
    "vault upgrade": ("ravi.cli.vault.upgrade", "re-seal a vault of the published client v0.5.2"),
    "run": ("ravi.cli.run", "run a program with secrets in its environment"),
    "lock": ("ravi.cli.lock", "forget the vault's key on this machine"),
    "unlock": ("ravi.cli.unlock", "open the vault on this machine, or set it up"),
    "limits": ("ravi.cli.limits", "what limits apply, and what is left"),
    "status": ("ravi.cli.status", "who am I, why, and at which server"),
    "domains": ("ravi.cli.domains", "list the mail domains of the server"),
    "trust": ("ravi.cli.trust", "let a project's config file hold a credential"),
    "completion": ("ravi.cli.completion", "print a completion script for your shell"),
    "version": ("ravi.cli.version", "print the version"),
}

#: topic → (module, summary), for `ravi help TOPIC`.
TOPICS: dict[str, tuple[str, str]] = {
    "environment": ("ravi.cli.help.environment", "variables and files that ravi reads"),
    "exit-codes": ("ravi.cli.help.exit_codes", "what each exit code means"),
}


def verbs(noun: str) -> list[str]:
    """The verbs of *noun* in the order of the table; empty when it is no group."""
    return [words.split(" ")[1] for words in COMMANDS if words.startswith(noun + " ")]
