"""The signature, beside numbers that were made with other programs."""

from ravi.server.webhooks.signing import headers, new_secret, signature


def test_the_signature_is_that_of_openssl() -> None:
    """printf '1772366400.{"a":1}' | openssl dgst -sha256 -hmac whsec_example"""
    assert signature("whsec_example", 1772366400, b'{"a":1}') == (
        "sha256=5d1475113642f1d64ea2eb9b7203cc5eb836187b9c29d62387255fa2517d9511"
    )


def test_a_delivery_carries_time_signature_and_the_events_id() -> None:
    found = headers("whsec_example", 1772366400, "an-id", b"{}")

    assert found["X-Ravi-Timestamp"] == "1772366400"
    assert found["X-Ravi-Event-Id"] == "an-id"
    assert found["X-Ravi-Signature"] == signature("whsec_example", 1772366400, b"{}")


def test_another_time_body_or_secret_makes_another_signature() -> None:
    made = [("s", 1, b"{}"), ("s", 2, b"{}"), ("s", 1, b"{} "), ("t", 1, b"{}")]

    assert len({signature(*each) for each in made}) == 4


def test_secrets_are_long_and_differ() -> None:
    found = {new_secret() for _ in range(100)}

    assert len(found) == 100
    assert all(secret.startswith("whsec_") and len(secret) >= 49 for secret in found)
