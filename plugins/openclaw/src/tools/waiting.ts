/** The tool that waits for a code, a link or a message: one held request after the other, until something fits. */

import { setTimeout as pause } from "node:timers/promises";

import type { Acting } from "../acting.ts";
import { nonsense, text } from "../api.ts";
import type { Json } from "../api.ts";
import { RaviError } from "../errors.ts";
import { clean, fenced } from "../fence.ts";
import * as view from "../messages.ts";
import { choice, number, parameters, words } from "./spec.ts";
import type { Given, ToolSpec } from "./spec.ts";

/** The longest that a server holds one request, in seconds. */
const LONGEST_HOLD = 25;
const USUAL_WAIT = 120;
const LONGEST_WAIT = 600;
/** Between two requests when the first ended early, in milliseconds: the server is being replaced. */
const PAUSE = 1000;

const WANTS: Readonly<Record<string, string>> = { code: "otp", link: "link", message: "message" };

export const WAITING_TOOLS: readonly ToolSpec[] = [
  {
    name: "ravi_wait",
    label: "Wait for message",
    description:
      "Wait for the next code, link or message that comes to you by mail or SMS, such as after a sign-up. What is " +
      "there and unread counts too. A code or link is handed out once. Only senders of whom it is certain who they " +
      "are count when from is given.",
    parameters: parameters(
      {
        for: words("a one-time code, a link that confirms or signs in, or any message", ...Object.keys(WANTS)),
        from: words("only from this address or domain, or the number or word that texts come from"),
        subject: words("only with this in the subject"),
        medium: words("only by this way (default: any)", "any", "mail", "sms"),
        since: words("nothing older than this RFC 3339 time"),
        timeout_seconds: number("give up after so many seconds (default 120)", 0, LONGEST_WAIT),
        peek: choice("leave the code or link to be handed out again"),
        allow_unverified: choice("take any message that says it is from there"),
      },
      "for",
    ),
    outside: true,
    patience: (LONGEST_WAIT + LONGEST_HOLD) * 1000,
    run: async (acting, given, signal) => shown(given.text("for"), await waited(acting, given, signal)),
  },
];

async function waited({ api }: Acting, given: Given, signal: AbortSignal | undefined): Promise<Json> {
  const timeout = given.number("timeout_seconds", USUAL_WAIT);
  const until = performance.now() + timeout * 1000;
  const wish = {
    want: WANTS[given.text("for")],
    medium: given.optional("medium") ?? "any",
    ...optional("sender", given.optional("from")),
    ...optional("subject", given.optional("subject")),
    ...optional("since", given.optional("since")),
    peek: given.flag("peek"),
    allow_unverified: given.flag("allow_unverified"),
  };
  let cursor = "";
  let heldBack = 0;
  let reached = false;
  for (;;) {
    const began = performance.now();
    const seconds = Math.min(Math.ceil(Math.max(0, until - began) / 1000), LONGEST_HOLD);
    const body = { ...wish, seconds, ...optional("cursor", cursor || undefined) };
    let answer: Json;
    try {
      answer = await api.object("POST", "/api/wait/", { body, holds: seconds * 1000, signal });
    } catch (fault) {
      // A server that is restarted while somebody waits has lost nothing. One that never answered is not there.
      const gone = fault instanceof RaviError && fault.code === "server.unreachable";
      if (!gone || !reached || performance.now() + PAUSE >= until) throw fault;
      await rest(PAUSE, signal);
      continue;
    }
    reached = true;
    heldBack += Number(answer["held_back"] ?? 0);
    if (answer["found"] === true) return answer;
    cursor = text(answer, "cursor");
    const now = performance.now();
    if (now >= until) throw timedOut(given.text("for"), timeout, heldBack);
    if (now - began < Math.min(PAUSE, seconds * 1000)) {
      await rest(Math.min(PAUSE, until - now), signal);
    }
  }
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, signal ? { signal } : {});
}

/** The code or link, and the facts of its message; or the message whole. */
function shown(wanted: string, answer: Json): string {
  const isSms = answer["medium"] === "sms";
  const message = answer[isSms ? "sms" : "message"];
  if (typeof message !== "object" || message === null) throw nonsense();
  const found = message as Json;
  if (wanted === "message") return isSms ? view.sms(found) : view.mail(found);
  const value = clean(text(answer, wanted));
  if (!value) throw nonsense();
  const others = Array.isArray(answer["others"]) ? answer["others"].length : 0;
  const lines = [
    `${wanted}: ${value}`,
    `medium: ${isSms ? "sms" : "mail"}`,
    `id: ${text(found, "id")}`,
    `from: ${clean(text(found, isSms ? "from_number" : "from_email"))}`,
    `sender: ${isSms ? view.smsSender(found) : view.mailSender(found)}`,
    ...(others > 0 ? [`others: ${others} that fit and came later say something else`] : []),
  ];
  const subject = text(found, "subject");
  return [...lines, ...(isSms || !subject ? [] : [fenced(`subject: ${subject}`)])].join("\n");
}

function timedOut(wanted: string, timeout: number, heldBack: number): RaviError {
  const what = wanted === "message" ? "message" : `message with a ${wanted}`;
  return new RaviError(
    "timed_out",
    `no ${what} within ${timeout} s`,
    heldBack > 0
      ? `${heldBack} would fit, but it is not certain who sent them: allow_unverified takes them`
      : "was it sent to this identity, and does it fit from, subject and since?",
  );
}

function optional(name: string, value: string | undefined): Json {
  return value === undefined ? {} : { [name]: value };
}
