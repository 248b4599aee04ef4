/** All tools of the plugin, and how one becomes a tool of OpenClaw for one agent. */

import type { AnyAgentTool } from "openclaw/plugin-sdk/plugin-entry";

import { actingAs } from "../acting.ts";
import type { Environment } from "../config.ts";
import { ConfigError, RaviError } from "../errors.ts";
import { IDENTITY_TOOLS } from "./identity.ts";
import { MAIL_TOOLS } from "./mail.ts";
import { SMS_TOOLS } from "./sms.ts";
import { Given } from "./spec.ts";
import type { ToolSpec } from "./spec.ts";
import { VAULT_TOOLS } from "./vault.ts";
import { WAITING_TOOLS } from "./waiting.ts";

export const TOOLS: readonly ToolSpec[] = [
  ...IDENTITY_TOOLS,
  ...MAIL_TOOLS,
  ...WAITING_TOOLS,
  ...SMS_TOOLS,
  ...VAULT_TOOLS,
];

/** Where the plugin's configuration and the gateway's environment are found when a tool is called. */
export interface Surroundings {
  readonly config: () => unknown;
  readonly environ: Environment;
}

/**
 * The tools of the agent `agentId`.
 *
 * Making them reads nothing: the identity and its key are looked up when a tool is called, and an agent without one is
 * refused then, with a message that says what to do.
 */
export function toolsFor(agentId: string | undefined, around: Surroundings): AnyAgentTool[] {
  return TOOLS.map((spec) => toolFor(spec, agentId, around));
}

function toolFor(spec: ToolSpec, agentId: string | undefined, around: Surroundings): AnyAgentTool {
  return {
    name: spec.name,
    label: spec.label,
    description: spec.description,
    parameters: spec.parameters,
    ...(spec.outside ? { resultContentSource: "network" as const } : {}),
    ...(spec.patience === undefined ? {} : { getExecutionTimeoutMs: () => spec.patience }),
    execute: async (_callId, raw, signal) => {
      try {
        const acting = actingAs(around.config(), agentId, around.environ);
        const shown = await spec.run(acting, new Given(spec.parameters, raw), signal);
        // Details reach logs and screens, so that they hold neither values nor what outsiders wrote.
        return { content: [{ type: "text", text: shown }], details: { identity_uuid: acting.uuid } };
      } catch (fault) {
        throw fault instanceof RaviError ? refusal(fault) : fault;
      }
    },
  };
}

/** `fault` as OpenClaw wants it: of other errors it keeps the words from whoever called the tool. */
function refusal(fault: RaviError): Error {
  const unconfigured = fault instanceof ConfigError;
  const name = unconfigured ? "ToolAuthorizationError" : "ToolInputError";
  return Object.assign(new Error(fault.message), { name, status: unconfigured ? 403 : 400 });
}
