/** Which agent acts as which identity, asked of the server that has to know. */

import { Acting } from "./acting.ts";
import { text } from "./api.ts";
import { readConfig, sourceFor } from "./config.ts";
import type { Environment, PluginConfig } from "./config.ts";
import { loadCredential } from "./credentials.ts";
import { RaviError } from "./errors.ts";
import { clean } from "./fence.ts";

export interface Standing {
  /** An agent's id; null stands for every agent that is not listed. */
  readonly agent: string | null;
  readonly identityUuid: string | null;
  readonly name: string;
  readonly email: string;
  readonly server: string;
  /** "open" when the vault key is that identity's, "locked" when there is none, "wrong key". */
  readonly vault: "open" | "locked" | "wrong key" | "";
  /** Empty when all is well. */
  readonly problem: string;
}

/** How it stands with each agent in `agents` and in the configuration, and with the default. Throws ConfigError. */
export async function standings(raw: unknown, agents: readonly string[], environ: Environment): Promise<Standing[]> {
  const config = readConfig(raw);
  const named = [...new Set([...config.agents.keys(), ...agents])].sort();
  const wanted: (string | null)[] = config.fallback ? [...named, null] : named;
  return Promise.all(wanted.map((agent) => standing(config, agent, environ)));
}

/** For people: one line an agent. */
export function table(found: readonly Standing[]): string {
  if (found.length === 0) return "no agent has an identity: openclaw ravi bind gives one";
  return found.map(line).join("\n");
}

async function standing(config: PluginConfig, agent: string | null, environ: Environment): Promise<Standing> {
  const source = sourceFor(config, agent ?? undefined);
  const identityUuid = source?.identityUuid ?? null;
  const unknown = { agent, identityUuid, name: "", email: "", server: "", vault: "" } as const;
  if (source === undefined) return { ...unknown, problem: "no identity: its tools refuse" };
  try {
    const acting = new Acting(loadCredential(source, config.server, environ));
    const found = await acting.api.object("GET", `/api/identities/${acting.uuid}/`);
    const registered = text(found, "public_key");
    const fits = acting.hasVaultKey && (!registered || acting.vault().publicKey === registered);
    return {
      agent,
      identityUuid: acting.uuid,
      name: clean(text(found, "name")),
      email: clean(text(found, "email")),
      server: acting.server,
      vault: fits ? "open" : acting.hasVaultKey ? "wrong key" : "locked",
      problem: acting.hasVaultKey && !fits ? "the vault key is another identity's" : "",
    };
  } catch (fault) {
    if (!(fault instanceof RaviError)) throw fault;
    return { ...unknown, problem: fault.message };
  }
}

function line(one: Standing): string {
  const who = one.agent ?? "(all others)";
  if (one.problem) return `${who}: ${one.identityUuid ? `${one.identityUuid}: ` : ""}${one.problem}`;
  return `${who}: ${one.name} <${one.email}> ${one.identityUuid}, vault ${one.vault}, ${one.server}`;
}
