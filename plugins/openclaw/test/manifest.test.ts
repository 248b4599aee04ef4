/** What OpenClaw reads before it runs the plugin says what the plugin then does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { TOOLS, toolsFor } from "../src/tools/index.ts";

type Json = Record<string, unknown>;

const read = (name: string): Json =>
  JSON.parse(readFileSync(join(import.meta.dirname, "..", name), "utf8")) as Json;
const MANIFEST = read("openclaw.plugin.json");

function resolves(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

test("the manifest names the tools that there are, in their order", () => {
  const names = TOOLS.map((tool) => tool.name);
  assert.deepEqual((MANIFEST["contracts"] as Json)["tools"], names);
  assert.equal(new Set(names).size, names.length);
});

test("tools that show what outsiders wrote are marked as such, the others are not", () => {
  const outside = toolsFor("main", { config: () => ({}), environ: {} }).filter((tool) => tool.resultContentSource);
  assert.deepEqual(outside.map((tool) => tool.name), ["ravi_inbox", "ravi_read_message", "ravi_wait", "ravi_sms_list"]);
});

test("making tools reads no configuration", () => {
  const config = () => assert.fail("the configuration was read");
  assert.equal(toolsFor("main", { config, environ: {} }).length, TOOLS.length);
});

test("the schema has no place for a secret: only for paths and names of variables", () => {
  const schema = MANIFEST["configSchema"] as { properties: Json; $defs: Json; additionalProperties: boolean };
  assert.deepEqual(Object.keys(schema.properties).sort(), [
    "agents",
    "configDir",
    "identityUuid",
    "keyEnv",
    "keyFile",
    "server",
    "vaultKeyEnv",
    "vaultKeyFile",
  ]);
  const { path, variable } = schema.$defs as { path: { pattern: string }; variable: { pattern: string } };
  for (const secret of ["ravi_id_abc/def", Buffer.alloc(32, 9).toString("base64")]) {
    assert.doesNotMatch(secret, new RegExp(path.pattern));
    assert.doesNotMatch(secret, new RegExp(variable.pattern));
  }
  assert.equal(schema.additionalProperties, false);
});

test("package and manifest are of one version", () => {
  assert.equal(read("package.json")["version"], MANIFEST["version"]);
});

test(
  "the light modes register no more than they are for",
  { skip: resolves("openclaw/plugin-sdk/plugin-entry") ? false : "openclaw is not installed here" },
  async () => {
    const { default: plugin } = await import("../src/index.ts");
    const registered = (mode: string): string[] => {
      const calls: string[] = [];
      const api = {
        registrationMode: mode,
        get pluginConfig(): never {
          return assert.fail("the configuration was read");
        },
        get runtime(): never {
          return assert.fail("the runtime was used");
        },
        registerCli: () => calls.push("cli"),
        registerTool: () => calls.push("tools"),
        on: (hook: string) => calls.push(hook),
      };
      plugin.register(api as unknown as Parameters<typeof plugin.register>[0]);
      return calls;
    };
    assert.deepEqual(registered("cli-metadata"), ["cli"]);
    assert.deepEqual(registered("setup-only"), ["cli"]);
    assert.deepEqual(registered("tool-discovery"), ["tools", "resolve_exec_env"]);
    assert.deepEqual(registered("discovery"), ["cli", "tools", "resolve_exec_env"]);
    assert.deepEqual(registered("full"), ["cli", "tools", "resolve_exec_env"]);
  },
);
