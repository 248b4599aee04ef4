/** `openclaw ravi bind` and `status`, with a `ravi` that does what a test says. */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { ensure, record } from "../src/binding.ts";
import { standings, table } from "../src/status.ts";
import { publicKey } from "../src/vault/keys.ts";
import { Scripted } from "./server.ts";

const ADA = "5f0c9a4e-7d21-4c36-9b58-1e2a3f4d5c6b";
const BOB = "c2a91f37-08b4-4e6d-a5c3-90d1e7f2b846";
const KEY = new Uint8Array(32).fill(7);

const running: Scripted[] = [];
after(() => Promise.all(running.map((each) => each.stop())));

/** A program that runs `script` with the folder that it was given in $3. */
function program(script: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "ravi-")), "ravi");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

function bind(script: string) {
  const workspace = join(mkdtempSync(join(tmpdir(), "ravi-")), "not there yet");
  const wish = { agent: "Research", workspace, name: "openclaw-research", program: program(script) };
  return { workspace, bound: () => ensure(wish, { PATH: process.env["PATH"] }) };
}

test("binding runs ravi workspace ensure in the agent's folder and says what it left there", () => {
  const { workspace, bound } = bind(
    `echo "$@" > "$3/asked"; mkdir "$3/.ravi"; echo '{"identity_uuid": "${ADA}"}' > "$3/.ravi/config.json"`,
  );
  assert.deepEqual(bound(), { agent: "research", identityUuid: ADA, configDir: join(workspace, ".ravi") });
});

test("what ravi refuses is said in its words", () => {
  const { bound } = bind(`echo '{"error": "not signed in", "code": "auth.required", "hint": "sign in"}' >&2; exit 4`);
  assert.throws(bound, /^RaviError: not signed in \(sign in\)$/);
});

test("a program that is not there, is another one, or leaves nothing is no binding", () => {
  assert.throws(bind("exit 0").bound, /left no usable/);
  assert.throws(bind("echo boom >&2; exit 9").bound, /ravi workspace ensure failed: boom/);
  const wish = { agent: "a", workspace: mkdtempSync(join(tmpdir(), "ravi-")), name: "a", program: "/nowhere/ravi" };
  assert.throws(() => ensure(wish, {}), /there is no program \/nowhere\/ravi/);
});

test("a binding is added to what openclaw.json holds, and takes nothing away", () => {
  const root = {
    gateway: { mode: "local" },
    plugins: { entries: { ravi: { enabled: true, config: { agents: { bob: BOB } } }, other: {} } },
  };
  record(root, { agent: "ada", identityUuid: ADA, configDir: "/x/.ravi" }, false);
  const added = { identityUuid: ADA, configDir: "/x/.ravi" };
  assert.deepEqual(root, {
    gateway: { mode: "local" },
    plugins: { entries: { ravi: { enabled: true, config: { agents: { bob: BOB, ada: added } } }, other: {} } },
  });
  const fresh = {};
  record(fresh, { agent: "ada", identityUuid: ADA, configDir: "/x/.ravi" }, true);
  assert.deepEqual(fresh, { plugins: { entries: { ravi: { config: added } } } });
});

test("two agents of one workspace would be one identity: the second is refused", () => {
  const root = { plugins: { entries: { ravi: { config: { agents: { bob: BOB.toUpperCase() } } } } } };
  const second = { agent: "ada", identityUuid: BOB, configDir: "/x/.ravi" };
  assert.throws(() => record(root, second, false), /the agent bob is bound to that workspace already/);
  record(root, { ...second, agent: "bob" }, false);
  assert.deepEqual(root.plugins.entries.ravi.config.agents.bob, { identityUuid: BOB, configDir: "/x/.ravi" });
});

test("a new default replaces where the old one's keys were", () => {
  const config = { identityUuid: BOB, keyFile: "/k", vaultKeyEnv: "V", server: "https://ravi.example.com" };
  const root = { plugins: { entries: { ravi: { config } } } };
  record(root, { agent: "ada", identityUuid: ADA, configDir: "/x/.ravi" }, true);
  assert.deepEqual(config, { identityUuid: ADA, configDir: "/x/.ravi", server: "https://ravi.example.com" });
});

test("the status says for each agent who it is, whether its vault opens, and what is wrong", async () => {
  const server = await new Scripted((asked) =>
    asked.path.includes(ADA)
      ? { body: { name: "ada\u001b[31m", email: "ada@example.com", public_key: publicKey(KEY) } }
      : { status: 404, body: { detail: "no such identity", code: "identity.not_found" } },
  ).start();
  running.push(server);
  const folder = (uuid: string, key: Uint8Array | undefined) => {
    const configDir = mkdtempSync(join(tmpdir(), "ravi-"));
    mkdirSync(configDir, { recursive: true });
    const vault_key = key && Buffer.from(key).toString("base64");
    const config = { identity_uuid: uuid, identity_key: "ravi_id_x", server: server.url, vault_key };
    writeFileSync(join(configDir, "config.json"), JSON.stringify(config));
    return { identityUuid: uuid, configDir };
  };
  const agents = {
    ada: folder(ADA, KEY),
    bob: folder(BOB, undefined),
    carol: folder(ADA, undefined),
    dave: folder(ADA, new Uint8Array(32).fill(8)),
  };
  const found = await standings({ agents }, ["main", "ada"], {});
  assert.deepEqual(
    found.map((each) => [each.agent, each.vault, each.problem]),
    [
      ["ada", "open", ""],
      ["bob", "", "no such identity"],
      ["carol", "locked", ""],
      ["dave", "wrong key", "the vault key is another identity's"],
      ["main", "", "no identity: its tools refuse"],
    ],
  );
  assert.match(table(found), new RegExp(`^ada: ada <ada@example.com> ${ADA}, vault open, http`));
  assert.equal(table([]), "no agent has an identity: openclaw ravi bind gives one");
});
