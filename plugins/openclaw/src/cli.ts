/** `openclaw ravi bind` and `openclaw ravi status`. */

import { isAbsolute } from "node:path";

import { listAgentIds, resolveDefaultAgentId } from "openclaw/plugin-sdk/agent-scope-runtime";
import type { OpenClawConfig, OpenClawPluginApi } from "openclaw/plugin-sdk/plugin-entry";

import { ensure, record } from "./binding.ts";
import { normalised } from "./config.ts";
import { RaviError } from "./errors.ts";
import { standings, table } from "./status.ts";
import type { Surroundings } from "./tools/index.ts";

type Program = Parameters<Parameters<OpenClawPluginApi["registerCli"]>[0]>[0]["program"];

interface BindOptions {
  readonly agent?: string;
  readonly workspace?: string;
  readonly name?: string;
  readonly ravi: string;
  readonly default?: boolean;
  readonly json?: boolean;
}

export interface Host {
  readonly api: OpenClawPluginApi;
  /** What openclaw.json says at this moment. */
  readonly root: OpenClawConfig;
  readonly around: Surroundings;
}

/** Add `ravi` with its verbs to `program`. */
export function addCommands(program: Program, host: Host): void {
  const ravi = program.command("ravi").description("Bind agents to Ravi identities, and see who acts as whom");
  ravi
    .command("bind")
    .description("Give an agent an identity of its own; repeating it changes nothing")
    .option("--agent <id>", "the agent (default: the gateway's default agent)")
    .option("--workspace <dir>", "the folder that holds its identity (default: the agent's workspace)")
    .option("--name <name>", "what the identity is called (default: openclaw-<agent>)")
    .option("--default", "let every agent without one of its own act as this identity, too")
    .option("--ravi <program>", "the ravi program", "ravi")
    .option("--json", "print JSON")
    .action((options: BindOptions) => reported(() => bind(host, options)));
  ravi
    .command("status")
    .description("Show which agent acts as which identity; exits 1 when one cannot")
    .option("--json", "print JSON")
    .action((options: { json?: boolean }) => reported(() => status(host, options.json === true)));
}

async function bind(host: Host, options: BindOptions): Promise<void> {
  const agent = normalised(options.agent ?? resolveDefaultAgentId(host.root));
  const workspace = options.workspace ?? host.api.runtime.agent.resolveAgentWorkspaceDir(host.root, agent);
  if (options.workspace === undefined && !isAbsolute(workspace)) {
    throw new RaviError("usage", `the workspace of the agent ${agent} is not known`, "name it with --workspace");
  }
  const name = options.name ?? `openclaw-${agent}`;
  const bound = ensure({ agent, workspace, name, program: options.ravi }, host.around.environ);
  await host.api.runtime.config.mutateConfigFile({
    afterWrite: { mode: "auto" },
    mutate: (draft) => record(draft, bound, options.default === true),
  });
  const said = options.default ? "agents without an identity of their own act" : `the agent ${agent} acts`;
  print(options.json ? JSON.stringify(bound, undefined, 2) : `${said} as ${bound.identityUuid} (${bound.configDir})`);
}

async function status(host: Host, json: boolean): Promise<void> {
  const found = await standings(host.around.config(), listAgentIds(host.root), host.around.environ);
  print(json ? JSON.stringify({ agents: found }, undefined, 2) : table(found));
  if (found.some((one) => one.problem)) process.exitCode = 1;
}

/** Run `work`; what it refuses is one line on stderr, and exit code 1. */
async function reported(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    if (!(fault instanceof RaviError)) throw fault;
    process.stderr.write(`ravi: error: ${fault.message}\n`);
    process.exitCode = 1;
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
