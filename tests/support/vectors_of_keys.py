"""The cases of keys, codes and numbers: derivation, PINs, recovery codes, one-time codes."""

from tests.support import second_path as second
from tests.support.vector_cases import ALICE, BOB, PIN, Topic, b64, fixed


def derive() -> Topic:
    topic = Topic("derive", "Every key is keyed BLAKE2b of the one above it.")
    root, key = fixed("root", 32), fixed("key", 32)
    for label, context in (
        ("vault", b""),
        ("box", b""),
        ("unlock", fixed("secret key", 20)),
        ("identity", b"\0"),
        ("", b""),
    ):
        given = {"key_hex": key.hex(), "label": label, "context_hex": context.hex()}
        result = second.derive(key, label, context)
        topic.good(f"label {label!r}, context of {len(context)} bytes", "derive", given, {"key_hex": result.hex()})
    for size in (0, 16, 31, 33, 64):
        topic.bad("wrong_length", f"a key of {size} bytes", key_hex=fixed("key", 64)[:size].hex())
    mine = second.identity_key(root, ALICE)
    topic.good(
        "an identity's key", "identity_key", {"root_key_hex": root.hex(), "uuid": ALICE}, {"key_hex": mine.hex()}
    )
    for what, uuid in (
        ("in upper case", ALICE.upper()),
        ("without dashes", ALICE.replace("-", "")),
        ("in braces", "{" + ALICE + "}"),
        ("as a URN", "urn:uuid:" + ALICE),
        ("with a blank behind it", ALICE + " "),
        ("with a dash elsewhere", ALICE.replace("-", "", 1)[:9] + "-" + ALICE.replace("-", "", 1)[9:]),
        ("that is empty", ""),
    ):
        topic.bad("not_a_uuid", f"a uuid {what}", uuid=uuid)
    topic.bad("wrong_length", "a root of 31 bytes", root_key_hex=root[:31].hex())
    other = {"root_key_hex": root.hex(), "uuid": BOB}
    topic.good("another identity's key", "identity_key", other, {"key_hex": second.identity_key(root, BOB).hex()})
    given = {"identity_key_hex": mine.hex()}
    topic.good("its vault key", "vault_key", given, {"key_hex": second.vault_key(mine).hex()})
    box = second.derive(mine, "box")
    topic.good(
        "its public key", "public_key", given, {"public_key": b64(second.public_key(mine))}, box_seed_hex=box.hex()
    )
    return topic


def pin() -> Topic:
    topic = Topic("pin", "From a PIN, a salt and the secret key to the key that opens the root; which PINs are let in.")
    secret = fixed("secret key", 20)
    for what, text in (
        ("six digits", PIN),
        ("letters with marks, composed", "caf\u00e9 \u00e0 la cr\u00e8me"),
        ("the same, decomposed: the same key", "cafe\u0301 a\u0300 la cre\u0300me"),
        ("another script, and an emoji", "\u6b63\u78ba\u306a\u99ac\u96fb\u6c60 \U0001f40e"),
    ):
        salt = bytes(16) if text == PIN else fixed("salt", 16)
        given = {"pin": text, "salt_hex": salt.hex(), "secret_key_hex": secret.hex()}
        key = second.unlock_key(text, salt, secret)
        topic.good(what, "unlock_key", given, {"key_hex": key.hex()}, stretched_hex=second.stretch(text, salt).hex())
    for size in (0, 15, 17, 32):
        topic.bad("wrong_length", f"a salt of {size} bytes", salt_hex=fixed("salt", 32)[:size].hex())
    for size in (0, 16, 19, 21, 32):
        topic.bad("wrong_length", f"a secret key of {size} bytes", secret_key_hex=fixed("secret key", 32)[:size].hex())
    topic.good("a new PIN of six characters", "new_pin", {"pin": "Pa55w\u00f6"}, {"accepted": True})
    for failure, what, text in (
        ("pin_too_short", "five characters", "12345"),
        ("pin_too_short", "six code points that compose to five", "1234e\u0301"),
        ("pin_too_short", "nothing", ""),
        ("pin_blank_at_the_edge", "a space in front", " 1234567"),
        ("pin_blank_at_the_edge", "a line feed behind", "1234567\n"),
        ("pin_blank_at_the_edge", "a no-break space behind", "1234567\u00a0"),
        ("pin_control_character", "a NUL inside", "123\x004567"),
        ("pin_control_character", "a tab inside", "123\t4567"),
        ("pin_unassigned_character", "a code point without a character", "123\u03784567"),
    ):
        topic.bad(failure, what, pin=text)
    return topic


def recovery_code() -> Topic:
    topic = Topic("recovery-code", "The secret key as 36 characters, four of which check the others.")
    for what, key in (("zeros", bytes(20)), ("ones", b"\xff" * 20), ("an odd one", fixed("secret key", 20))):
        code = second.recovery_code(key)
        topic.good(f"{what}, written", "write", {"secret_key_hex": key.hex()}, {"code": code})
        topic.good(f"{what}, read", "read", {"code": code}, {"secret_key_hex": key.hex()})
    plain = code.replace("-", "")
    expected = {"secret_key_hex": key.hex()}
    misread = plain.lower().replace("0", "o").replace("1", "l")
    assert misread != plain.lower()
    topic.good("grouped otherwise", "read", {"code": f" {plain[:9]}\t{plain[9:20]} \u2013 {plain[20:]}\r\n"}, expected)
    topic.good("in lower case, l for 1 and o for 0", "read", {"code": misread}, expected)
    topic.good("in capitals without dashes", "read", {"code": plain}, expected)
    for at in (0, 7, 15, 31, 32, 35):
        other = "Z" if plain[at] != "Z" else "Y"
        topic.bad("mistyped_code", f"character {at + 1} replaced", code=plain[:at] + other + plain[at + 1 :])
    for at in [at for at in range(35) if plain[at] != plain[at + 1]][::9]:
        swapped = plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :]
        topic.bad("mistyped_code", f"characters {at + 1} and {at + 2} exchanged", code=swapped)
    topic.bad("wrong_length", "the last character missing", code=plain[:-1])
    topic.bad("wrong_length", "a character too many", code=plain + "0")
    topic.bad("wrong_length", "nothing", code="")
    topic.bad("foreign_character", "a U, which no code has", code="U" + plain[1:])
    topic.bad("foreign_character", "an asterisk", code=plain[:5] + "*" + plain[6:])
    topic.bad("foreign_character", "a full-width digit", code="\uff10" + plain[1:])
    topic.bad("foreign_character", "a long s, which upper-cases to S", code="\u017f" + plain[1:])
    topic.bad("foreign_character", "an underscore between groups", code=plain[:4] + "_" + plain[4:])
    return topic


def totp() -> Topic:
    topic = Topic("totp", "One-time codes (RFC 6238 appendix B), and the URI that carries their seed.")
    digits_of_rfc = b"1234567890" * 7
    for algorithm, size in (("SHA1", 20), ("SHA256", 32), ("SHA512", 64)):
        for digits in (8, 7, 6):
            secret = digits_of_rfc[:size]
            times = [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000]
            given = {"secret_hex": secret.hex(), "algorithm": algorithm, "digits": digits, "period": 30, "times": times}
            codes = [second.totp_code(secret, algorithm, digits, 30, at) for at in times]
            topic.good(f"RFC 6238 with {algorithm}, {digits} digits", "codes", given, {"codes": codes})
    for what, change in (
        ("an empty secret", {"secret_hex": ""}),
        ("MD5", {"algorithm": "MD5"}),
        ("five digits", {"digits": 5}),
        ("nine digits", {"digits": 9}),
        ("a period of nothing", {"period": 0}),
        ("a period of more than an hour", {"period": 3601}),
    ):
        topic.bad("out_of_range", what, **change)
    secret = digits_of_rfc[:20]
    given = {
        "label": "Bank: caf\u00e9 & co/1?",
        "secret_hex": secret.hex(),
        "algorithm": "SHA256",
        "digits": 8,
        "period": 60,
    }
    uri = second.totp_uri(given["label"], secret, "SHA256", 8, 60)
    topic.good("a URI, written", "write_uri", given, {"uri": uri})
    topic.good("a URI, read", "read_uri", {"uri": uri}, given)
    plain = {
        "label": "Example:ada@example.org",
        "secret_hex": secret.hex(),
        "algorithm": "SHA1",
        "digits": 6,
        "period": 30,
    }
    short = f"otpauth://totp/Example:ada@example.org?secret={'gezd gnbv gy3t qojq gezd gnbv gy3t qojq'}&issuer=Example"
    topic.good("a URI with defaults, as sites write it", "read_uri", {"uri": short.replace(" ", "%20")}, plain)
    for failure, what, broken in (
        ("not_otpauth", "another scheme", uri.replace("otpauth", "https")),
        ("not_otpauth", "codes by counter", uri.replace("totp/", "hotp/")),
        ("not_otpauth", "brackets where the host stands", uri.replace("totp/", "[totp/")),
        ("not_otpauth", "nothing", ""),
        ("no_secret", "no secret", uri.replace("secret=", "seed=")),
        ("no_secret", "an empty secret", "otpauth://totp/Bank?secret="),
        ("not_base32", "a secret with a 1", uri.replace("secret=G", "secret=1")),
        ("not_base32", "a secret with a long s", uri.replace("secret=G", "secret=%C5%BF")),
        ("out_of_range", "an algorithm that is none", uri.replace("SHA256", "SHA3")),
        ("out_of_range", "ten digits", uri.replace("digits=8", "digits=10")),
        ("out_of_range", "digits in words", uri.replace("digits=8", "digits=eight")),
        ("out_of_range", "a digit of another script", uri.replace("digits=8", "digits=%EF%BC%98")),
        ("out_of_range", "a negative period", uri.replace("period=60", "period=-60")),
        ("out_of_range", "a period that is endless", uri.replace("period=60", "period=" + "9" * 5000)),
    ):
        topic.bad(failure, what, uri=broken)
    topic.good(
        "a secret as sites print it",
        "read_secret",
        {"text": " gezd-gnbv gy3t qojq\n"},
        {"secret_hex": secret[:10].hex()},
    )
    for what, text in (
        ("a 0", "GEZDGNB0"),
        ("an 8", "GEZDGNB8"),
        ("one character", "G"),
        ("three", "GEZ"),
        ("an equals sign inside", "GEZD=GNB"),
    ):
        topic.bad("not_base32", what, text=text)
    topic.bad("no_secret", "nothing", text="")
    return topic
