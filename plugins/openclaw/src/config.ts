/**
 * What stands at `plugins.entries.ravi.config` in openclaw.json: which agent acts as which identity.
 *
 * The schema in openclaw.plugin.json is checked by OpenClaw before the plugin runs; what is read here is checked again,
 * because a mistake in it would let one agent act as another.
 */

import { ConfigError } from "./errors.ts";
import { isUuid } from "./vault/bytes.ts";

/** An identity, and where its credential and its vault key are. Secrets are named by file or variable, never held. */
export interface Source {
  readonly identityUuid: string;
  /** A folder with a `config.json`, as `ravi workspace ensure` writes one. */
  readonly configDir?: string;
  /** A file with the identity's API key, or the name of an environment variable of the gateway that has it. */
  readonly keyFile?: string;
  readonly keyEnv?: string;
  /** The same for the identity's vault key, in base64. */
  readonly vaultKeyFile?: string;
  readonly vaultKeyEnv?: string;
}

/** The variables of the gateway's process. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface PluginConfig {
  /** For agents that are not in `agents`; undefined when there is none. */
  readonly fallback: Source | undefined;
  readonly agents: ReadonlyMap<string, Source>;
  readonly server: string | undefined;
}

const PLACES = ["configDir", "keyFile", "keyEnv", "vaultKeyFile", "vaultKeyEnv"] as const;
const ROOT = "plugins.entries.ravi.config";

/** Read the plugin's configuration. Throws ConfigError, which names the key and repeats no value. */
export function readConfig(raw: unknown): PluginConfig {
  const config = record(raw ?? {}, ROOT);
  const agents = new Map<string, Source>();
  for (const [agent, value] of Object.entries(record(config["agents"] ?? {}, `${ROOT}.agents`))) {
    const where = `${ROOT}.agents.${agent}`;
    agents.set(normalised(agent), source(typeof value === "string" ? { identityUuid: value } : value, where));
  }
  const hasFallback = ["identityUuid", ...PLACES].some((key) => config[key] !== undefined);
  return {
    fallback: hasFallback ? source(config, ROOT) : undefined,
    agents,
    server: text(config["server"], `${ROOT}.server`),
  };
}

/** As whom the agent `agentId` acts; undefined when it has no identity and there is no default one. */
export function sourceFor(config: PluginConfig, agentId: string | undefined): Source | undefined {
  return (agentId === undefined ? undefined : config.agents.get(normalised(agentId))) ?? config.fallback;
}

/** As `sourceFor`. Throws ConfigError when there is none. */
export function requireSource(config: PluginConfig, agentId: string | undefined): Source {
  const found = sourceFor(config, agentId);
  if (found === undefined) {
    const agent = agentId ?? "main";
    throw new ConfigError(
      `the agent ${agent} has no identity: it is not in ${ROOT}.agents, and there is no default identityUuid`,
      `give it one with: openclaw ravi bind --agent ${agent}`,
    );
  }
  return found;
}

/** Agent ids as OpenClaw compares them. */
export function normalised(agentId: string): string {
  return agentId.trim().toLowerCase();
}

function source(raw: unknown, where: string): Source {
  const given = record(raw, where);
  const uuid = text(given["identityUuid"], `${where}.identityUuid`)?.toLowerCase();
  if (uuid === undefined) throw new ConfigError(`${where} has no identityUuid`);
  if (!isUuid(uuid)) throw new ConfigError(`${where}.identityUuid is not a uuid`);
  const places = PLACES.flatMap((key) => {
    const value = text(given[key], `${where}.${key}`);
    return value === undefined ? [] : [[key, value] as const];
  });
  const found: Source = { identityUuid: uuid, ...Object.fromEntries(places) };
  if ([found.configDir, found.keyFile, found.keyEnv].filter((each) => each !== undefined).length > 1) {
    throw new ConfigError(`${where} names more than one of configDir, keyFile and keyEnv`);
  }
  if (found.vaultKeyFile !== undefined && found.vaultKeyEnv !== undefined) {
    throw new ConfigError(`${where} names both vaultKeyFile and vaultKeyEnv`);
  }
  return found;
}

function record(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError(`${where} is not an object`);
  }
  return value as Record<string, unknown>;
}

function text(value: unknown, where: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "string" || !value.trim()) throw new ConfigError(`${where} is not a text, or is empty`);
  return value.trim();
}
