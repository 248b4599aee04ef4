/**
 * From where the configuration points to the credential itself: one identity's own key, and its vault key.
 *
 * Nothing is searched for. An owner's sign-in or key is never used, because an agent would then reach every identity of
 * the account. Files are read anew for each call, so that a key that was exchanged holds at once.
 */

import { readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";

import type { Environment, Source } from "./config.ts";
import { ConfigError } from "./errors.ts";
import { checkTransport, normaliseServer } from "./server.ts";
import { findBase64 } from "./vault/bytes.ts";
import { KEY_BYTES } from "./vault/keys.ts";

/** What one identity proves itself with, and where. */
export interface Credential {
  readonly uuid: string;
  readonly key: string;
  readonly server: string;
  /** Undefined when only the server is reached with it, and nothing in the vault is opened. */
  readonly vaultKey: Uint8Array | undefined;
  /** The folder that commands of the agent get as RAVI_CONFIG_DIR; undefined when there is none. */
  readonly configDir: string | undefined;
}

const DEFAULT_SERVER = "http://127.0.0.1:8787";
const IDENTITY_KEY = "ravi_id_";
const BIND = "bind the agent again with: openclaw ravi bind";

/** The credential that `source` points to, for `server` if the configuration names one. Throws ConfigError. */
export function loadCredential(source: Source, server: string | undefined, environ: Environment): Credential {
  const wished = server === undefined ? undefined : normaliseServer(server, "the plugin's server");
  const folder = source.configDir === undefined ? undefined : absolute(source.configDir, "configDir", environ);
  if (folder !== undefined) return inFolder(folder, source, wished, environ);
  const key = kept(source.keyFile, source.keyEnv, "key", environ);
  if (key !== undefined) return given(key, source, wished, environ);
  const lent = environ["RAVI_CONFIG_DIR"];
  if (lent) return inFolder(absolute(lent, "RAVI_CONFIG_DIR", environ), source, wished, environ);
  throw new ConfigError(
    `nothing says where the key of identity ${source.identityUuid} is`,
    "name its configDir or keyFile beside identityUuid, or let openclaw ravi bind do it",
  );
}

function inFolder(folder: string, source: Source, wished: string | undefined, environ: Environment): Credential {
  const path = join(folder, "config.json");
  const data = readJson(path);
  checkBinding(data, path, folder);
  const uuid = data["identity_uuid"];
  if (typeof uuid !== "string" || uuid.toLowerCase() !== source.identityUuid) {
    throw new ConfigError(`${path} is not about identity ${source.identityUuid}`, BIND);
  }
  const key = checkKey(data["identity_key"], `the identity_key in ${path}`);
  const saved = data["server"];
  if (typeof saved !== "string" || !saved) {
    throw new ConfigError(`${path} holds a key and does not say which server it belongs to`, BIND);
  }
  const server = normaliseServer(saved, `the server in ${path}`);
  if (wished !== undefined && wished !== server) {
    throw new ConfigError(`the plugin's server is ${wished}, but the key in ${path} belongs to ${server}`);
  }
  checkTransport(server, `the server in ${path}`, environ);
  const vaultKey = keptVaultKey(source, environ) ?? findVaultKey(data["vault_key"], `the vault_key in ${path}`);
  return { uuid: source.identityUuid, key, server, vaultKey, configDir: folder };
}

function given(key: string, source: Source, wished: string | undefined, environ: Environment): Credential {
  const server = wished ?? normaliseServer(environ["RAVI_API_URL"] || DEFAULT_SERVER, "RAVI_API_URL");
  checkTransport(server, "the plugin's server", environ);
  const where = source.keyFile === undefined ? `the variable ${source.keyEnv}` : `the file ${source.keyFile}`;
  return {
    uuid: source.identityUuid,
    key: checkKey(key, where),
    server,
    vaultKey: keptVaultKey(source, environ),
    configDir: undefined,
  };
}

/** A marker of an unfinished binding, and a copy of another workspace's file, lend nobody their key. */
function checkBinding(data: Record<string, unknown>, path: string, folder: string): void {
  if ((data["binding"] ?? false) !== false) {
    throw new ConfigError(`${path} is only a marker: its workspace was being set up and that was not finished`, BIND);
  }
  const workspace = data["workspace"];
  if (workspace === undefined || workspace === null) return;
  const recorded = typeof workspace === "object" ? (workspace as Record<string, unknown>)["path"] : undefined;
  if (typeof recorded !== "string" || !isAbsolute(recorded)) {
    throw new ConfigError(`${path} has a workspace that is not an object with an absolute path`);
  }
  const here = basename(folder) === ".ravi" ? dirname(folder) : folder;
  if (real(recorded) !== real(here)) {
    throw new ConfigError(`${path} was written for another workspace than the one it lies in`, BIND);
  }
}

function readJson(path: string): Record<string, unknown> {
  let data: unknown;
  try {
    data = JSON.parse(readFile(path));
  } catch (fault) {
    if (fault instanceof ConfigError) throw fault;
    throw new ConfigError(`${path} is not JSON`, BIND);
  }
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new ConfigError(`${path} is not a JSON object`, BIND);
  }
  return data as Record<string, unknown>;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (fault) {
    const why = (fault as NodeJS.ErrnoException).code === "ENOENT" ? "there is no" : "cannot read";
    throw new ConfigError(`${why} ${path}`, BIND);
  }
}

function keptVaultKey(source: Source, environ: Environment): Uint8Array | undefined {
  const text = kept(source.vaultKeyFile, source.vaultKeyEnv, "vaultKey", environ);
  return findVaultKey(text, source.vaultKeyFile ?? `the variable ${source.vaultKeyEnv}`);
}

/** What the file, or the variable, named by the configuration holds; undefined when it names neither. */
function kept(file: string | undefined, name: string | undefined, what: string, environ: Environment) {
  if (file !== undefined) return readFile(absolute(file, `${what}File`, environ)).trim();
  if (name === undefined) return undefined;
  const value = environ[name]?.trim();
  if (!value) throw new ConfigError(`${what}Env names the variable ${name}, which the gateway does not have`);
  return value;
}

function findVaultKey(text: unknown, where: string): Uint8Array | undefined {
  if (text === undefined || text === null || text === "") return undefined;
  const key = typeof text === "string" ? findBase64(text) : undefined;
  if (key?.length !== KEY_BYTES) throw new ConfigError(`${where} is no vault key (${KEY_BYTES} bytes in base64)`);
  return key;
}

function checkKey(key: unknown, where: string): string {
  if (typeof key !== "string" || !key) throw new ConfigError(`${where} is missing or empty`, BIND);
  if (!/^[!-~]{1,8192}$/.test(key)) throw new ConfigError(`${where} has characters that no key has`);
  if (!key.startsWith(IDENTITY_KEY)) {
    throw new ConfigError(`${where} is not an identity's key (${IDENTITY_KEY}…): an agent gets no wider one`);
  }
  return key;
}

function absolute(path: string, where: string, environ: Environment): string {
  const home = environ["HOME"] || homedir();
  const full = path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
  if (!isAbsolute(full)) throw new ConfigError(`${where} is not an absolute path`);
  return full.length > 1 ? full.replace(/\/+$/, "") : full;
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
