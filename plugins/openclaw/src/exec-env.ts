/** What the commands of an agent get in their environment: its own identity, and nobody else's. */

import { readConfig, sourceFor } from "./config.ts";
import type { Environment, PluginConfig } from "./config.ts";
import { loadCredential } from "./credentials.ts";
import { RaviError } from "./errors.ts";

/**
 * Variables by which `ravi` would act as somebody, or open somebody's vault. The gateway may have them for itself;
 * `ravi` takes an empty one for none.
 */
export const WITHHELD = [
  "RAVI_ACCESS_TOKEN",
  "RAVI_API_KEY",
  "RAVI_API_URL",
  "RAVI_CONFIG_DIR",
  "RAVI_IDENTITY",
  "RAVI_PIN",
  "RAVI_REFRESH_TOKEN",
  "RAVI_VAULT_KEY",
] as const;

/**
 * The variables for a command of the agent `agentId`: RAVI_CONFIG_DIR is the folder of its identity, and all others
 * that could stand for somebody are empty. No secret is among them, because they are written to logs and approvals.
 *
 * An agent without an identity, or whose key is not in such a folder, gets them all empty. So does one whose
 * configuration is broken, which `complain` is told: OpenClaw runs the command whatever happens here.
 */
export function execEnv(
  raw: unknown,
  agentId: string | undefined,
  environ: Environment,
  complain: (problem: string) => void,
): Record<string, string> {
  const variables: Record<string, string> = Object.fromEntries(WITHHELD.map((name) => [name, ""]));
  try {
    const config = readConfig(raw);
    for (const name of named(config)) variables[name] = "";
    const source = sourceFor(config, agentId);
    const folder = source && loadCredential(source, config.server, environ).configDir;
    return folder === undefined ? variables : { ...variables, RAVI_CONFIG_DIR: folder };
  } catch (fault) {
    if (!(fault instanceof RaviError)) throw fault;
    complain(`ravi: commands of the agent ${agentId ?? "main"} get no identity: ${fault.message}`);
    return variables;
  }
}

/** The variables in which the gateway holds keys, by the configuration. */
function named(config: PluginConfig): string[] {
  const sources = [...config.agents.values(), ...(config.fallback ? [config.fallback] : [])];
  return sources.flatMap(({ keyEnv, vaultKeyEnv }) => [keyEnv, vaultKeyEnv].filter((name) => name !== undefined));
}
