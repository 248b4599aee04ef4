/** The plugin's entry: what is registered with OpenClaw, and nothing else. Nothing is read or started here. */

import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

import { execEnv } from "./exec-env.ts";
import { TOOLS, toolsFor } from "./tools/index.ts";

const COMMAND = { name: "ravi", description: "Bind agents to Ravi identities", hasSubcommands: true };

export default definePluginEntry({
  id: "ravi",
  name: "Ravi",
  description: "A mailbox, a phone number and a vault for every agent.",
  register(api) {
    const mode = api.registrationMode;
    const around = { config: () => api.pluginConfig, environ: process.env };
    if (mode !== "tool-discovery") {
      api.registerCli(
        async ({ program, config }) => {
          const { addCommands } = await import("./cli.ts");
          addCommands(program, { api, root: config, around });
        },
        { descriptors: [COMMAND] },
      );
    }
    if (mode === "cli-metadata" || mode === "setup-only" || mode === "setup-runtime") return;
    api.registerTool((context) => toolsFor(context.agentId, around), { names: TOOLS.map((tool) => tool.name) });
    // In "discovery" as well: the turns of agents run with what was registered there.
    api.on("resolve_exec_env", (event, context) => {
      // The folder is on this machine: it means nothing in a sandbox or on another node.
      if (event.host !== "gateway") return undefined;
      return execEnv(around.config(), context.agentId, around.environ, (problem) => api.logger.warn(problem));
    });
  },
});
