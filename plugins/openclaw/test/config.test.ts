/** Which agent acts as which identity, and with whose key: every doubt is a refusal. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { readConfig, requireSource, sourceFor } from "../src/config.ts";
import { loadCredential } from "../src/credentials.ts";
import { ConfigError } from "../src/errors.ts";
import { WITHHELD, execEnv } from "../src/exec-env.ts";

const ADA = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b";
const BOB = "c2a91f37-08b4-4e6d-a5c3-90d1e7f2b846";
const SERVER = "http://127.0.0.1:8787";
const VAULT_KEY = Buffer.alloc(32, 7).toString("base64");

/** A bound workspace of `uuid`; returns its `.ravi`. */
function workspace(uuid: string, changes: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "ravi-"));
  const config = {
    identity_uuid: uuid,
    identity_key: "ravi_id_key",
    server: SERVER,
    vault_key: VAULT_KEY,
    workspace: { host: "here", path: folder },
    ...changes,
  };
  mkdirSync(join(folder, ".ravi"));
  writeFileSync(join(folder, ".ravi", "config.json"), JSON.stringify(config));
  return join(folder, ".ravi");
}

const load = (source: object, server?: string, environ = {}) =>
  loadCredential(source as { identityUuid: string }, server, environ);

test("an agent in the map is its own identity, every other one the default", () => {
  const config = readConfig({ identityUuid: ADA, agents: { Research: BOB } });
  assert.equal(sourceFor(config, "research")?.identityUuid, BOB);
  assert.equal(sourceFor(config, "main")?.identityUuid, ADA);
  assert.equal(sourceFor(config, undefined)?.identityUuid, ADA);
});

test("without a default, an agent that is not in the map is nobody", () => {
  const config = readConfig({ agents: { research: { identityUuid: BOB, configDir: "/x" } } });
  assert.throws(() => requireSource(config, "main"), /the agent main has no identity.*openclaw ravi bind --agent main/);
  assert.throws(() => requireSource(readConfig(undefined), "constructor"), ConfigError);
});

test("a configuration that could be read in two ways is refused", () => {
  for (const bad of [
    { identityUuid: "ada" },
    { identityUuid: 7 },
    { configDir: "/x" },
    { agents: { a: {} } },
    { agents: [ADA] },
    { agents: { a: { identityUuid: ADA, configDir: "" } } },
    { identityUuid: ADA, configDir: "/x", keyFile: "/y" },
    { identityUuid: ADA, vaultKeyFile: "/x", vaultKeyEnv: "Y" },
    [],
  ]) {
    assert.throws(() => readConfig(bad), ConfigError, JSON.stringify(bad));
  }
});

test("a bound folder lends its key, its server and its vault key", () => {
  const configDir = workspace(ADA);
  const found = load({ identityUuid: ADA, configDir });
  assert.deepEqual(
    { ...found, vaultKey: found.vaultKey?.length },
    { uuid: ADA, key: "ravi_id_key", server: SERVER, vaultKey: 32, configDir },
  );
});

test("a folder of somebody else, a copy, a marker or a wider key lends nothing", () => {
  const moved = workspace(ADA);
  renameSync(join(moved, ".."), `${join(moved, "..")}-moved`);
  for (const [configDir, words] of [
    [workspace(BOB), /is not about identity/],
    [`${join(moved, "..")}-moved/.ravi`, /written for another workspace/],
    [workspace(ADA, { binding: true }), /only a marker/],
    [workspace(ADA, { identity_key: "ravi_mgmt_owner" }), /not an identity's key/],
    [workspace(ADA, { identity_key: undefined, management_key: "ravi_mgmt_owner" }), /missing or empty/],
    [workspace(ADA, { identity_key: "ravi_id_a\nb" }), /characters that no key has/],
    [workspace(ADA, { server: undefined }), /which server it belongs to/],
    [workspace(ADA, { server: "http://ravi.example.com" }), /plain http to another machine/],
    [workspace(ADA, { server: "https://user:pw@ravi.example.com" }), /user name or password/],
    [workspace(ADA, { vault_key: "c2hvcnQ=" }), /no vault key/],
    ["/nowhere/at/all", /there is no/],
    ["relative", /not an absolute path/],
  ] as const) {
    assert.throws(() => load({ identityUuid: ADA, configDir }), words);
  }
});

test("no refusal repeats a key", () => {
  const configDir = workspace(ADA, { identity_key: "ravi_mgmt_owner" });
  try {
    load({ identityUuid: ADA, configDir });
    assert.fail("a wider key was taken");
  } catch (fault) {
    assert.doesNotMatch(String(fault), /ravi_mgmt_owner/);
  }
});

test("a key goes to its own server alone", () => {
  const configDir = workspace(ADA);
  assert.throws(() => load({ identityUuid: ADA, configDir }, "https://evil.example"), /belongs to/);
  assert.equal(load({ identityUuid: ADA, configDir }, `${SERVER}/api/`).server, SERVER);
});

test("keys in a file or a variable are named, never held", () => {
  const folder = mkdtempSync(join(tmpdir(), "ravi-"));
  writeFileSync(join(folder, "key"), "ravi_id_file\n");
  writeFileSync(join(folder, "vault"), `${VAULT_KEY}\n`);
  const files = { identityUuid: ADA, keyFile: join(folder, "key"), vaultKeyFile: join(folder, "vault") };
  assert.equal(load(files, "https://ravi.example.com").key, "ravi_id_file");
  assert.equal(load(files).vaultKey?.length, 32);
  assert.equal(load(files).configDir, undefined);
  const named = { identityUuid: ADA, keyEnv: "ADA_KEY" };
  assert.equal(load(named, undefined, { ADA_KEY: "ravi_id_env" }).key, "ravi_id_env");
  assert.throws(() => load(named), /the variable ADA_KEY, which the gateway does not have/);
});

test("a uuid alone is looked for in RAVI_CONFIG_DIR and nowhere else", () => {
  assert.equal(load({ identityUuid: ADA }, undefined, { RAVI_CONFIG_DIR: workspace(ADA) }).key, "ravi_id_key");
  assert.throws(() => load({ identityUuid: ADA }, undefined, { RAVI_CONFIG_DIR: workspace(BOB) }), ConfigError);
  assert.throws(() => load({ identityUuid: ADA }, undefined, { RAVI_API_KEY: "ravi_mgmt_x" }), /nothing says where/);
});

test("commands get the folder of their agent's identity, and everything wider is emptied", () => {
  const configDir = workspace(ADA);
  const config = { agents: { ada: { identityUuid: ADA, configDir }, bob: { identityUuid: BOB, keyEnv: "BOB_KEY" } } };
  const empty = Object.fromEntries([...WITHHELD, "BOB_KEY"].map((name) => [name, ""]));
  const complaints: string[] = [];
  const given = (agent: string) => execEnv(config, agent, { BOB_KEY: "ravi_id_bob" }, (said) => complaints.push(said));
  assert.deepEqual(given("ada"), { ...empty, RAVI_CONFIG_DIR: configDir });
  assert.deepEqual(given("bob"), empty);
  assert.deepEqual(given("main"), empty);
  assert.deepEqual(complaints, []);
});

test("commands of an agent whose configuration is broken get no identity, and the log says so", () => {
  const complaints: string[] = [];
  const given = execEnv({ identityUuid: ADA, configDir: "/nowhere" }, "main", {}, (said) => complaints.push(said));
  assert.ok(Object.values(given).every((value) => value === ""));
  assert.match(complaints.join(), /get no identity: there is no \/nowhere\/config.json/);
});
