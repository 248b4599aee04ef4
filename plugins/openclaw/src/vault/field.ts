/** One sealed field of one entry (docs/reference/cryptography.md, "Sealing" and "Opening"). */

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

import { VaultError } from "../errors.ts";
import { clean } from "../fence.ts";
import { findBase64, findText, utf8 } from "./bytes.ts";
import { KEY_BYTES } from "./keys.ts";

export type Kind = "secret" | "password" | "totp";

const PREFIX = "e2e2::";
const OLD_PREFIX = "e2e::";
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Where a field was sealed for: of this identity, in this entry (a secret's KEY, or a uuid), under this name. */
export interface Place {
  readonly identity: string;
  readonly kind: Kind;
  readonly entry: string;
  readonly field: string;
}

/** Additional data: each part after its length in 4 bytes, big-endian, so that no two lists read alike. */
export function boundTo(...parts: readonly string[]): Uint8Array {
  const encoded = parts.map(utf8);
  return Buffer.concat(
    encoded.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

/** What was sealed for exactly this place. Throws VaultError for anything else. */
export function open(key: Uint8Array, place: Place, sealed: string): string {
  if (key.length !== KEY_BYTES) throw new VaultError(`a key has ${KEY_BYTES} bytes, not ${key.length}`);
  const shown = `${place.kind} ${clean(place.entry).slice(0, 80)}: ${place.field}`;
  if (!sealed.startsWith(PREFIX)) throw notSealed(shown, sealed);
  const data = findBase64(sealed.slice(PREFIX.length));
  const opened =
    data === undefined || data.length < NONCE_BYTES + TAG_BYTES
      ? undefined
      : decrypt(key, data, boundTo("ravi/2/field", place.identity, place.kind, place.entry, place.field));
  if (opened === undefined) throw new VaultError(`${shown} does not open with this identity's key`);
  const text = findText(opened);
  if (text === undefined) throw new VaultError(`${shown} opened, and is not text`);
  return text;
}

function decrypt(key: Uint8Array, data: Uint8Array, additional: Uint8Array): Uint8Array | undefined {
  try {
    const cipher = xchacha20poly1305(key, data.subarray(0, NONCE_BYTES), additional);
    return cipher.decrypt(data.subarray(NONCE_BYTES));
  } catch {
    // The library says the same for another key, another place and damage: so do we.
    return undefined;
  }
}

function notSealed(shown: string, sealed: string): VaultError {
  if (!sealed) return new VaultError(`${shown} is empty, so it is not shown`);
  const old = sealed.startsWith(OLD_PREFIX);
  return new VaultError(
    `${shown} is not sealed in the present format, so it is not shown`,
    old ? "the account is in the old format: its owner upgrades it with ravi vault upgrade" : "",
  );
}
