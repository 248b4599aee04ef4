/** Time-based one-time codes (RFC 6238) and the `otpauth` URI that carries their seed. */

import { createHmac } from "node:crypto";

import { VaultError } from "../errors.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** How many characters the last group of eight can have: others are no whole bytes. */
const LAST_GROUPS = new Set([0, 2, 4, 5, 7]);
const ALGORITHMS = new Set(["SHA1", "SHA256", "SHA512"]);
const URI = /^otpauth:\/\/totp(?:\/([^?#]*))?(?:\?([^#]*))?(?:#.*)?$/i;

/** A shared secret and how codes are made of it; `period` is in seconds. */
export interface Seed {
  readonly secret: Uint8Array;
  readonly algorithm: string;
  readonly digits: number;
  readonly period: number;
}

/** `seed`, if codes can be made of it. Throws VaultError. */
export function checkSeed(seed: Seed): Seed {
  if (seed.secret.length === 0) throw new VaultError("the TOTP secret is empty");
  if (!ALGORITHMS.has(seed.algorithm)) throw new VaultError("the TOTP algorithm is none of SHA1, SHA256, SHA512");
  if (!Number.isInteger(seed.digits) || seed.digits < 6 || seed.digits > 8) {
    throw new VaultError("a TOTP code has 6, 7 or 8 digits");
  }
  if (!Number.isInteger(seed.period) || seed.period < 1 || seed.period > 3600) {
    throw new VaultError("the TOTP period is not 1 to 3600 seconds");
  }
  return seed;
}

/** The code at the time `at`, in seconds since 1970. */
export function codeAt(seed: Seed, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / seed.period)));
  const digest = createHmac(seed.algorithm.toLowerCase(), seed.secret).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 10 ** seed.digits).padStart(seed.digits, "0");
}

/** Whole seconds for which the code of the time `at` is still the present one. */
export function secondsRemaining(seed: Seed, at: number): number {
  return Math.floor(seed.period - (at % seed.period));
}

/** The bytes of base 32 as sites print it: any case, with blanks and dashes, with or without padding. */
export function readSecret(text: string): Uint8Array {
  const characters = text.replace(/[\s-]/g, "").replace(/=+$/, "");
  // Upper-casing makes letters of base 32 of a few characters that are none.
  if (!/^[a-z2-7]*$/i.test(characters) || /[^\0-\x7f]/.test(characters) || !LAST_GROUPS.has(characters.length % 8)) {
    throw new VaultError("the TOTP secret is not base 32 (letters A-Z and digits 2-7)");
  }
  if (!characters) throw new VaultError("the TOTP secret is empty");
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const character of characters.toUpperCase()) {
    held = ((held << 5) | BASE32.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

/** The label and the seed in an `otpauth://totp/` URI. Throws VaultError, which never repeats the URI. */
export function readUri(uri: string): { label: string; seed: Seed } {
  const parts = URI.exec(uri.trim());
  if (!parts) throw new VaultError("this is not an otpauth://totp/ URI");
  const given = new URLSearchParams(parts[2] ?? "");
  const secret = last(given, "secret");
  if (!secret) throw new VaultError("the otpauth URI has no secret");
  const seed = checkSeed({
    secret: readSecret(secret),
    algorithm: (last(given, "algorithm") ?? "SHA1").toUpperCase().replaceAll("-", ""),
    digits: whole(last(given, "digits") ?? "6"),
    period: whole(last(given, "period") ?? "30"),
  });
  return { label: unescaped(parts[1] ?? ""), seed };
}

function last(given: URLSearchParams, name: string): string | undefined {
  return given.getAll(name).filter(Boolean).at(-1);
}

function whole(text: string): number {
  return /^[0-9]{1,4}$/.test(text) ? Number(text) : Number.NaN;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new VaultError("the otpauth URI has a label that is not text");
  }
}
