/**
 * How mail and texts look to a model: what the server vouches for in lines, what outsiders wrote behind a fence.
 *
 * Subjects, display names and file names are behind the fence as well: each is a line that its sender chose.
 */

import { rows, text } from "./api.ts";
import type { Json } from "./api.ts";
import { clean, facts, fenced } from "./fence.ts";

/** In characters: as much of a body as a line of a list shows. */
const BEGINNING = 80;

const SMS_SENDERS: Readonly<Record<string, string>> = {
  local: "certain (an identity of this server)",
  network: "not certain (a number that the network gave)",
  none: "not certain (a word that anybody can choose)",
};

/** One message, whole. */
export function mail(m: Json): string {
  const incoming = m["direction"] === "incoming";
  const known = facts([
    ["id", text(m, "id")],
    ["uuid", text(m, "uuid")],
    ["from", text(m, "from_email")],
    ["sender", incoming ? `${text(m, "sender_type")}, ${mailSender(m)}` : ""],
    ["to", text(m, "to_email")],
    ["cc", text(m, "cc")],
    ["time", text(m, "created_dt")],
    ["state", incoming ? readState(m) : text(m, "state")],
    ["thread", text(m, "thread_id")],
  ]);
  const written = facts([
    ["name", text(m, "from_display_name")],
    ["subject", text(m, "subject")],
    ...files(m).map((file) => ["file", file] as const),
  ]);
  return `${known}\n${fenced(`${written}\n\n${text(m, "text_content") || "(no text)"}`)}`;
}

/** A message that the identity itself just sent: whoever wrote it knows its text. */
export function sentMail(m: Json): string {
  const deliveries = rows(m["deliveries"] ?? []).map(
    (each) => ["delivery", `${text(each, "recipient")} ${text(each, "state")} ${text(each, "last_error")}`] as const,
  );
  return facts([
    ["id", text(m, "id")],
    ["uuid", text(m, "uuid")],
    ["from", text(m, "from_email")],
    ["to", text(m, "to_email")],
    ["cc", text(m, "cc")],
    ["subject", text(m, "subject")],
    ["state", text(m, "state")],
    ...deliveries,
    ["thread", text(m, "thread_id")],
  ]);
}

/** One line a message, the whole list behind a fence. */
export function mails(found: readonly Json[]): string {
  return list(found, "messages", (m) => {
    const incoming = m["direction"] === "incoming";
    const other = incoming ? `from ${text(m, "from_email")}` : `to ${text(m, "to_email")}`;
    const state = incoming ? `${text(m, "sender_type")}, ${readState(m)}` : text(m, "state");
    const count = files(m).length;
    return `${text(m, "subject").slice(0, BEGINNING)}${count ? ` (files: ${count})` : ""} | ${other} | ${state}`;
  });
}

/** One text, whole. */
export function sms(m: Json): string {
  const incoming = m["direction"] === "incoming";
  const known = facts([
    ["id", text(m, "id")],
    ["uuid", text(m, "uuid")],
    ["from", text(m, "from_number")],
    ["sender", incoming ? `${text(m, "sender_type")}, ${smsSender(m)}` : ""],
    ["to", text(m, "to_number")],
    ["time", text(m, "created_dt")],
    ["state", incoming ? readState(m) : text(m, "state")],
    ["conversation", text(m, "conversation_id")],
  ]);
  return `${known}\n${fenced(text(m, "body"))}`;
}

/** A text that the identity itself just sent. */
export function sentSms(m: Json): string {
  return facts([
    ["id", text(m, "id")],
    ["uuid", text(m, "uuid")],
    ["from", text(m, "from_number")],
    ["to", text(m, "to_number")],
    ["state", text(m, "state")],
    ["error", text(m, "error")],
    ["segments", text(m, "segments")],
  ]);
}

/** One line a text, the whole list behind a fence. */
export function texts(found: readonly Json[]): string {
  return list(found, "texts", (m) => {
    const incoming = m["direction"] === "incoming";
    const other = incoming ? `from ${text(m, "from_number")}` : `to ${text(m, "to_number")}`;
    const state = incoming ? `${text(m, "sender_type")}, ${readState(m)}` : text(m, "state");
    return `${text(m, "body").slice(0, BEGINNING)} | ${other} | ${state}`;
  });
}

/** How far the address in From: can be believed, and what was found out. */
export function mailSender(m: Json): string {
  const verdicts = (m["verdicts"] ?? {}) as Json;
  if (verdicts["local"] === true) return "certain (an identity of this server)";
  const dmarc = result(verdicts["dmarc"]);
  if (dmarc === "pass") return "certain (dmarc pass)";
  const signatures = Array.isArray(verdicts["dkim"]) ? verdicts["dkim"].map(result) : [];
  const dkim = [...new Set(signatures)].sort().join("/") || "none";
  return `not certain (dmarc ${dmarc}, dkim ${dkim}, spf ${result(verdicts["spf"])})`;
}

/** How far the sender of a text can be believed. */
export function smsSender(m: Json): string {
  return SMS_SENDERS[text(m, "verdict")] ?? "not certain";
}

function list(found: readonly Json[], what: string, line: (m: Json) => string): string {
  if (found.length === 0) return `no ${what}`;
  // The number is ours and comes first: nothing that a sender wrote can stand where an id is looked for.
  const lines = found.map((m) => `id ${text(m, "id")} | ${text(m, "created_dt")} | ${clean(line(m))}`);
  return `${found.length} ${what}, the newest first\n${fenced(lines.join("\n"))}`;
}

function readState(m: Json): string {
  return m["is_read"] === true ? "read" : "unread";
}

function files(m: Json): string[] {
  return rows(m["attachments"] ?? []).map((each) => {
    const what = `${text(each, "content_type")}, ${text(each, "size")} bytes`;
    return `${text(each, "uuid")} ${text(each, "filename")} (${what})`;
  });
}

function result(check: unknown): string {
  return typeof check === "object" && check !== null ? text(check as Json, "result") || "none" : "none";
}
