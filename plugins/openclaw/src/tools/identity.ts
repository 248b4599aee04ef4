/** The tool that says who the agent is. */

import { text } from "../api.ts";
import { facts } from "../fence.ts";
import { parameters } from "./spec.ts";
import type { ToolSpec } from "./spec.ts";

export const IDENTITY_TOOLS: readonly ToolSpec[] = [
  {
    name: "ravi_identity",
    label: "Identity",
    description: "Say who you are: the name, mail address and phone number that you act under.",
    parameters: parameters({}),
    outside: false,
    run: async (acting, _, signal) => {
      const found = await acting.api.object("GET", `/api/identities/${acting.uuid}/`, { signal });
      const allowed = found["allowed_recipients"];
      return facts([
        ["name", text(found, "name")],
        ["email", text(found, "email")],
        ["phone", text(found, "phone_number")],
        ["uuid", text(found, "uuid")],
        ["status", text(found, "status")],
        ["expires", text(found, "expires_dt")],
        ["may write to", Array.isArray(allowed) ? allowed.join(", ") || "nobody" : "anybody"],
        ["server", acting.server],
      ]);
    },
  },
];
