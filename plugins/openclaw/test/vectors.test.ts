/** Every vector that a holder of one identity's key can run, the ones that have to fail included. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { RaviError } from "../src/errors.ts";
import { boundTo, open } from "../src/vault/field.ts";
import type { Kind } from "../src/vault/field.ts";
import { derive, identityKey, publicKey, vaultKey } from "../src/vault/keys.ts";
import { checkSeed, codeAt, readSecret, readUri } from "../src/vault/totp.ts";

interface Case {
  readonly name: string;
  readonly operation: string;
  readonly input: Record<string, unknown>;
  readonly expected: Record<string, unknown>;
  readonly steps?: Record<string, string>;
}

const FOLDER = process.env["RAVI_VECTORS"] ?? join(import.meta.dirname, "../../../tests/vectors");

const bytes = (hex: unknown): Uint8Array => Uint8Array.from(Buffer.from(String(hex), "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

const RUN: Record<string, (input: Record<string, unknown>) => Record<string, unknown>> = {
  derive: (i) => ({ key_hex: hex(derive(bytes(i["key_hex"]), String(i["label"]), bytes(i["context_hex"]))) }),
  identity_key: (i) => ({ key_hex: hex(identityKey(bytes(i["root_key_hex"]), String(i["uuid"]))) }),
  vault_key: (i) => ({ key_hex: hex(vaultKey(bytes(i["identity_key_hex"]))) }),
  public_key: (i) => ({ public_key: publicKey(bytes(i["identity_key_hex"])) }),
  open: (i) => ({ text: open(bytes(i["vault_key_hex"]), placeOf(i), String(i["sealed"])) }),
  codes: (i) => {
    const seed = checkSeed({
      secret: bytes(i["secret_hex"]),
      algorithm: String(i["algorithm"]),
      digits: Number(i["digits"]),
      period: Number(i["period"]),
    });
    return { codes: (i["times"] as number[]).map((at) => codeAt(seed, at)) };
  },
  read_secret: (i) => ({ secret_hex: hex(readSecret(String(i["text"]))) }),
  read_uri: (i) => {
    const { label, seed } = readUri(String(i["uri"]));
    const { secret, ...rest } = seed;
    return { label, secret_hex: hex(secret), ...rest };
  },
};

/** What only an owner's client does, from the PIN or for writing; a new operation has to be put here or above. */
const NOT_HERE: Record<string, readonly string[]> = { totp: ["write_uri"] };

for (const topic of ["derive", "field", "totp"]) {
  const cases = (JSON.parse(readFileSync(join(FOLDER, `${topic}.json`), "utf8")) as { cases: Case[] }).cases;
  assert.ok(cases.length > 0);
  for (const each of cases) {
    if (NOT_HERE[topic]?.includes(each.operation)) continue;
    test(`${topic}: ${each.operation}: ${each.name}`, () => {
      const run = RUN[each.operation];
      assert.ok(run, `nobody runs ${each.operation}`);
      if ("failure" in each.expected) {
        assert.throws(() => run(each.input), RaviError);
        return;
      }
      assert.deepEqual(run(each.input), each.expected);
      const additional = each.steps?.["additional_hex"];
      if (additional !== undefined) {
        const { identity, kind, entry, field } = placeOf(each.input);
        assert.equal(hex(boundTo("ravi/2/field", identity, kind, entry, field)), additional);
      }
    });
  }
}

test("end to end: from an identity's key to its value, and to no other's", () => {
  const cases = (JSON.parse(readFileSync(join(FOLDER, "end-to-end.json"), "utf8")) as { cases: Case[] }).cases;
  const good = cases.find((each) => each.steps !== undefined);
  assert.ok(good?.steps);
  const key = bytes(good.steps["identity_key_hex"]);
  assert.equal(hex(vaultKey(key)), good.steps["vault_key_hex"]);
  assert.equal(publicKey(key), good.steps["public_key"]);
  assert.equal(open(vaultKey(key), placeOf(good.input), String(good.input["sealed"])), good.expected["text"]);
  const moved = cases.filter((each) =>
    ["other_identity", "swapped_rows"].includes(String(each.expected["failure"])),
  );
  assert.ok(moved.length >= 2);
  for (const each of moved) {
    assert.throws(() => open(vaultKey(key), placeOf(each.input), String(each.input["sealed"])), RaviError, each.name);
  }
});

function placeOf(input: Record<string, unknown>): { identity: string; kind: Kind; entry: string; field: string } {
  return {
    identity: String(input["identity_uuid"]),
    kind: String(input["kind"]) as Kind,
    entry: String(input["entry"]),
    field: String(input["field"]),
  };
}
