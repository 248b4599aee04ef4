/** From one identity's key to the keys below it (docs/reference/cryptography.md, "derive"). */

import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

import { blake2b } from "@noble/hashes/blake2.js";

import { VaultError } from "../errors.ts";
import { isUuid, utf8 } from "./bytes.ts";

export const KEY_BYTES = 32;

const NOTHING = new Uint8Array();
/** DER of a PKCS #8 key in front of the 32 bytes of an X25519 scalar (RFC 8410). */
const X25519_PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** BLAKE2b-256, keyed with the 32 bytes `key`, of "ravi/2/" ‖ `label` ‖ 0x00 ‖ `context`. Throws VaultError. */
export function derive(key: Uint8Array, label: string, context: Uint8Array = NOTHING): Uint8Array {
  if (key.length !== KEY_BYTES) throw new VaultError(`a key has ${KEY_BYTES} bytes, not ${key.length}`);
  return blake2b(Buffer.concat([utf8(`ravi/2/${label}\0`), context]), { key, dkLen: KEY_BYTES });
}

/** The key of the identity `uuid`, below an account's root. Throws VaultError for what is no uuid in lower case. */
export function identityKey(rootKey: Uint8Array, uuid: string): Uint8Array {
  if (!isUuid(uuid)) throw new VaultError("the identity is named by something that is no uuid in lower case");
  return derive(rootKey, "identity", utf8(uuid));
}

/** The key that seals an identity's fields. */
export function vaultKey(identity: Uint8Array): Uint8Array {
  return derive(identity, "vault");
}

/** The public half in base64: what the server knows an identity's key by. */
export function publicKey(identity: Uint8Array): string {
  // libsodium's crypto_box_seed_keypair: the scalar is the beginning of SHA-512 of the seed.
  const scalar = createHash("sha512").update(derive(identity, "box")).digest().subarray(0, KEY_BYTES);
  const secret = createPrivateKey({ key: Buffer.concat([X25519_PKCS8, scalar]), format: "der", type: "pkcs8" });
  return createPublicKey(secret).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES).toString("base64");
}
