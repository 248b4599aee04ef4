/** Giving an agent an identity: `ravi workspace ensure` in its workspace, and a line in openclaw.json. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { normalised } from "./config.ts";
import type { Environment } from "./config.ts";
import { ConfigError, RaviError } from "./errors.ts";
import { clean } from "./fence.ts";
import { isUuid } from "./vault/bytes.ts";

export interface Wish {
  readonly agent: string;
  /** A folder; it is made when it is not there. */
  readonly workspace: string;
  readonly name: string;
  /** The `ravi` program: a path, or a name that is looked up on PATH. */
  readonly program: string;
}

export interface Bound {
  readonly agent: string;
  readonly identityUuid: string;
  readonly configDir: string;
}

/** In milliseconds: the server may be slow, a lock on the workspace may be held by another. */
const PATIENCE = 120_000;

/**
 * Run `ravi workspace ensure` for the agent's workspace and return what it was bound to; safe to repeat.
 *
 * `ravi` speaks for the owner who runs this command: with the sign-in in their home. Throws RaviError.
 */
export function ensure(wish: Wish, environ: Environment): Bound {
  const folder = resolve(wish.workspace);
  mkdirSync(folder, { recursive: true });
  const done = spawnSync(wish.program, ["workspace", "ensure", folder, "--name", wish.name, "--json"], {
    encoding: "utf8",
    env: environ,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PATIENCE,
  });
  if (done.error) {
    const missing = (done.error as NodeJS.ErrnoException).code === "ENOENT";
    const problem = missing ? `there is no program ${wish.program}` : `${wish.program} did not end in time`;
    throw new RaviError("bind.failed", problem, missing ? "name it with --ravi, as an absolute path" : "");
  }
  if (done.status !== 0) throw refused(done.stderr);
  const configDir = join(folder, ".ravi");
  return { agent: normalised(wish.agent), identityUuid: identityIn(configDir), configDir };
}

/**
 * Put a binding into the configuration `root` (what openclaw.json holds), in place: for the agent alone, or with
 * `asDefault` for all that have none of their own. Throws ConfigError when another agent is that identity.
 */
export function record(root: object, bound: Bound, asDefault: boolean): void {
  const config = below(below(below(below(root, "plugins"), "entries"), "ravi"), "config");
  const entry = { identityUuid: bound.identityUuid, configDir: bound.configDir };
  if (!asDefault) {
    const agents = below(config, "agents");
    const others = Object.keys(agents).filter((id) => normalised(id) !== bound.agent);
    const other = others.find((id) => uuidOf(agents[id]) === bound.identityUuid);
    if (other !== undefined) {
      throw new ConfigError(`the agent ${other} is bound to that workspace already`, "name another with --workspace");
    }
    agents[bound.agent] = entry;
    return;
  }
  for (const key of ["keyFile", "keyEnv", "vaultKeyFile", "vaultKeyEnv"]) delete config[key];
  Object.assign(config, entry);
}

function below(parent: object, key: string): Record<string, unknown> {
  const found = (parent as Record<string, unknown>)[key] ?? {};
  if (typeof found !== "object" || Array.isArray(found)) throw new ConfigError(`${key} in openclaw.json is no object`);
  (parent as Record<string, unknown>)[key] = found;
  return found as Record<string, unknown>;
}

function uuidOf(entry: unknown): unknown {
  const isObject = typeof entry === "object" && entry !== null;
  const found = isObject ? (entry as Record<string, unknown>)["identityUuid"] : entry;
  return typeof found === "string" ? found.toLowerCase() : undefined;
}

function identityIn(configDir: string): string {
  const path = join(configDir, "config.json");
  try {
    const uuid: unknown = JSON.parse(readFileSync(path, "utf8"))["identity_uuid"];
    if (typeof uuid === "string" && isUuid(uuid)) return uuid;
  } catch {
    // Said below: for whoever reads it there is no difference.
  }
  throw new RaviError("bind.failed", `ravi workspace ensure left no usable ${path}`);
}

/** The complaint of `ravi`, which is a line of JSON at the end of what it wrote to stderr. */
function refused(stderr: string): RaviError {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  try {
    const said = JSON.parse(line) as { error?: string; code?: string; hint?: string };
    if (said.error) return new RaviError(said.code ?? "bind.failed", clean(said.error), clean(said.hint ?? ""));
  } catch {
    // Something else than `ravi`, or one that failed before it could say why.
  }
  return new RaviError("bind.failed", `ravi workspace ensure failed: ${clean(line) || "it did not say why"}`);
}
