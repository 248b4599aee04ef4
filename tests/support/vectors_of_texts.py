"""The cases of sealed texts: the root, fields, the old format, and the way from a PIN to a value."""

from tests.support import second_path as second
from tests.support import second_primitives as primitives
from tests.support.vector_cases import (
    ACCOUNT,
    ALICE,
    BOB,
    ENTRY,
    OTHER_ACCOUNT,
    OTHER_ENTRY,
    PIN,
    Topic,
    b64,
    broken_boxes,
    broken_texts,
    fixed,
    flipped,
)


def root() -> Topic:
    topic = Topic("root", "The root key as the server keeps it: wrapped, bound to the account and to the salt.")
    key, root_key, salt, nonce = fixed("unlock", 32), fixed("root", 32), fixed("salt", 16), fixed("root nonce", 24)
    bound = second.root_additional(ACCOUNT, salt)
    text = second.seal("root2::", key, nonce, root_key, bound)
    given = {"unlock_key_hex": key.hex(), "account_uuid": ACCOUNT, "salt_hex": salt.hex(), "wrapped_root": text}
    steps = {"nonce_hex": nonce.hex(), "additional_hex": bound.hex()}
    topic.good("a root", "unwrap", given, {"root_key_hex": root_key.hex()}, **steps)
    topic.bad("wrong_key", "another unlock key", unlock_key_hex=fixed("other unlock", 32).hex())
    topic.bad("other_account", "another account's", account_uuid=OTHER_ACCOUNT)
    topic.bad("other_salt", "another salt", salt_hex=fixed("other salt", 16).hex())
    for failure, what, broken in broken_texts(text):
        topic.bad(failure, what, wrapped_root=broken)
    for size in (0, 31, 33):
        short = second.seal("root2::", key, nonce, fixed("root", 33)[:size], bound)
        topic.bad("wrong_length", f"{size} bytes, well wrapped", wrapped_root=short)
    secret, other_secret = fixed("secret key", 20), fixed("other secret key", 20)
    text = second.seal("root2::", second.unlock_key(PIN, salt, secret), nonce, root_key, bound)
    given = {
        "pin": PIN,
        "recovery_code": second.recovery_code(secret),
        "account_uuid": ACCOUNT,
        "root_salt": b64(salt),
        "wrapped_root": text,
    }
    topic.good("opened by PIN and recovery code", "unlock", given, {"root_key_hex": root_key.hex()})
    topic.bad("wrong_pin", "the PIN one digit off", pin="123457")
    topic.bad("wrong_secret_key", "another recovery code", recovery_code=second.recovery_code(other_secret))
    topic.bad("mistyped_code", "a recovery code with a typing error", recovery_code="Z" + given["recovery_code"][1:])
    topic.bad("other_account", "another account's", account_uuid=OTHER_ACCOUNT)
    topic.bad("other_salt", "another salt", root_salt=b64(fixed("other salt", 16)))
    topic.bad("wrong_length", "a salt of 15 bytes", root_salt=b64(salt[:15]))
    topic.bad("not_canonical_base64", "a salt without padding", root_salt=b64(salt).rstrip("="))
    topic.bad("truncated", "no root at all", wrapped_root="root2::")
    return topic


def field() -> Topic:
    topic = Topic("field", "One sealed field, bound to its identity, kind, entry and name.")
    key = second.vault_key(second.identity_key(fixed("root", 32), ALICE))
    other = second.vault_key(second.identity_key(fixed("root", 32), BOB))

    def sealed(place: dict[str, str], text: bytes, number: int, prefix: str = "e2e2::") -> tuple[str, bytes, bytes]:
        nonce = fixed(f"field nonce {number}", 24)
        bound = second.field_additional(*place.values())
        return second.seal(prefix, key, nonce, text, bound), nonce, bound

    secret = {"identity_uuid": ALICE, "kind": "secret", "entry": "API_KEY", "field": "value"}
    password = {**secret, "kind": "password", "entry": ENTRY, "field": "password"}
    totp = {**secret, "kind": "totp", "entry": ENTRY, "field": "secret"}
    for number, (what, place, text) in enumerate(
        (
            ("nothing, sealed", {**secret, "field": "notes"}, ""),
            ("a password, with a script's letters", password, "\u043f\u0430\u0440\u043e\u043b\u044c \u2713 \U0001f511"),
            (
                "a seed of one-time codes",
                totp,
                "otpauth://totp/bank?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30",
            ),
            ("several lines, NUL and a tab", secret, "-----BEGIN-----\nline\r\n\tend\x00\n"),
            ("sixteen times a block", secret, "0123456789abcdef" * 64),
            ("a secret", secret, "live-4eC39HqLyjWDarjtT1zdp7dc-0042"),
        )
    ):
        cipher, nonce, bound = sealed(place, text.encode(), number)
        given = {"vault_key_hex": key.hex(), **place, "sealed": cipher}
        steps = {"nonce_hex": nonce.hex(), "additional_hex": bound.hex()}
        topic.good(what, "open", given, {"text": text}, **steps)
    topic.bad("wrong_key", "another identity's key", vault_key_hex=other.hex())
    topic.bad("other_identity", "moved to another identity", identity_uuid=BOB)
    topic.bad("other_identity", "the identity in upper case", identity_uuid=ALICE.upper())
    topic.bad("other_kind", "a secret read as a password", kind="password")
    topic.bad("swapped_rows", "another secret's value", entry="DATABASE_URL")
    topic.bad("swapped_rows", "the KEY in lower case", entry="api_key")
    topic.bad("other_field", "the value read as notes", field="notes")
    topic.bad("moved_boundary", "the same bytes, divided elsewhere", entry="API_KEYv", field="alue")
    for failure, what, broken in broken_texts(cipher):
        topic.bad(failure, what, sealed=broken)
    old = "e2e::" + b64(primitives.sealed_box(b"forged", fixed("anybody", 32), ephemeral_secret=fixed("eph", 32)))
    topic.bad("downgraded_format", "a value in the old format", sealed=old)
    topic.bad("downgraded_format", "the old format's prefix before the new bytes", sealed="e2e::" + cipher[6:])
    topic.bad("not_sealed", "plain text", sealed="live-4eC39HqLyjWDarjtT1zdp7dc-0042")
    topic.bad("not_sealed", "nothing", sealed="")
    for what, data in (("a lone continuation byte", b"abc\x80"), ("half of a surrogate pair", b"\xed\xa0\x80")):
        topic.bad("not_text", f"{what}, well sealed", sealed=sealed(secret, data, 9)[0])
    place = {**password, "entry": OTHER_ENTRY}
    cipher, nonce, bound = sealed(password, b"hunter2", 10)
    given = {"vault_key_hex": key.hex(), **password, "sealed": cipher}
    topic.good("a password for one site", "open", given, {"text": "hunter2"})
    topic.bad("swapped_rows", "another site's", entry=place["entry"])
    topic.bad("other_field", "the password read as the user name", field="username")
    topic.bad("other_kind", "read as a seed", kind="totp")
    return topic


def legacy() -> Topic:
    topic = Topic("legacy", "What the published client v0.5.2 wrote. To be read, never to be written.")
    seed, salt = second.stretch(PIN, bytes(16)), bytes(16)
    public = primitives.x25519_public(primitives.box_secret(seed))

    def box(text: bytes, number: int, to: bytes = public) -> bytes:
        return primitives.sealed_box(text, to, ephemeral_secret=fixed(f"ephemeral {number}", 32))

    proof = box(b"ravi-e2e-verify", 0)
    given = {"pin": PIN, "salt": b64(salt), "verifier": b64(proof), "public_key": b64(public)}
    expected = {"seed_hex": seed.hex(), "root_key_hex": second.derive(seed, "v1-root").hex()}
    topic.good("a salt of zeros", "old_seed", given, expected)
    topic.bad("wrong_pin", "one digit off", pin="123457")
    topic.bad("wrong_pin", "an empty PIN", pin="")
    topic.bad("other_salt", "another salt", salt=b64(fixed("salt", 16)))
    topic.bad("wrong_key", "another public key", public_key=b64(fixed("anybody", 32)))
    topic.bad("wrong_key", "the public key without padding", public_key=b64(public).rstrip("="))
    topic.bad("wrong_key", "a verifier for another key", verifier=b64(box(b"ravi-e2e-verify", 0, fixed("anybody", 32))))
    topic.bad("not_the_proof", "a verifier that says something else", verifier=b64(box(b"ravi-e2e-verifY", 0)))
    topic.bad("truncated", "a verifier of 47 bytes", verifier=b64(proof[:47]))
    topic.bad("truncated", "no verifier", verifier="")
    topic.bad("bit_flip", "a verifier with one bit changed", verifier=b64(flipped(proof, 300)))
    topic.bad("wrong_length", "a salt of 15 bytes", salt=b64(salt[:15]))
    topic.bad("not_canonical_base64", "a salt with a line feed", salt=b64(salt) + "\n")
    topic.bad("not_canonical_base64", "a verifier in the alphabet of URLs", verifier="-_" + b64(proof)[2:])
    for number, (what, text) in enumerate(
        (
            ("nothing, sealed", ""),
            ("a password", "p\u00e4ssword \U0001f511"),
            ("a longer text", "lorem ipsum " * 20 + "."),
        ),
        1,
    ):
        sealed = "e2e::" + b64(box(text.encode(), number))
        topic.good(what, "old_open", {"seed_hex": seed.hex(), "sealed": sealed}, {"text": text})
    topic.bad("wrong_key", "another seed", seed_hex=fixed("seed", 32).hex())
    for failure, what, broken in broken_boxes(sealed):
        topic.bad(failure, what, sealed=broken)
    topic.bad("not_text", "a lone continuation byte, well sealed", sealed="e2e::" + b64(box(b"abc\x80", 9)))
    topic.bad("small_order", "an ephemeral key of small order", sealed="e2e::" + b64(bytes(32) + fixed("rest", 40)))
    topic.bad("not_sealed", "plain text", sealed="hunter2")
    topic.bad("not_sealed", "nothing", sealed="")
    return topic


def end_to_end() -> Topic:
    topic = Topic("end-to-end", "From what the owner knows and what the server keeps to one value.")
    secret, salt, root_key = fixed("secret key", 20), fixed("salt", 16), fixed("root", 32)
    wrapped = second.seal(
        "root2::",
        second.unlock_key(PIN, salt, secret),
        fixed("root nonce", 24),
        root_key,
        second.root_additional(ACCOUNT, salt),
    )
    key = second.vault_key(second.identity_key(root_key, ALICE))
    place = {"identity_uuid": ALICE, "kind": "secret", "entry": "API_KEY", "field": "value"}
    nonce, bound = fixed("end to end", 24), second.field_additional(*place.values())
    given = {
        "pin": PIN,
        "recovery_code": second.recovery_code(secret),
        "account_uuid": ACCOUNT,
        "root_salt": b64(salt),
        "wrapped_root": wrapped,
        **place,
        "sealed": second.seal("e2e2::", key, nonce, b"it works", bound),
    }
    steps = {
        "root_key_hex": root_key.hex(),
        "identity_key_hex": second.identity_key(root_key, ALICE).hex(),
        "public_key": b64(second.public_key(second.identity_key(root_key, ALICE))),
        "vault_key_hex": key.hex(),
    }
    topic.good("the whole way", "read_field", given, {"text": "it works"}, **steps)
    topic.bad("wrong_pin", "another PIN", pin="654321")
    topic.bad("mistyped_code", "a mistyped recovery code", recovery_code=given["recovery_code"][:-1] + "#")
    topic.bad("other_identity", "read as another identity", identity_uuid=BOB)
    topic.bad("swapped_rows", "read as another secret", entry="OTHER_KEY")
    return topic
