/** Calls of the API, as one identity. Redirects are not followed: they would carry the key elsewhere. */

import { randomBytes } from "node:crypto";

import type { Credential } from "./credentials.ts";
import { RaviError } from "./errors.ts";
import { clean } from "./fence.ts";

/** In milliseconds, for a call that the server answers at once. */
const PATIENCE = 30_000;
const LONGEST_MESSAGE = 2000;

export type Json = Record<string, unknown>;

export interface Call {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
  /** Sent with a key, so that a repetition makes nothing twice. */
  readonly idempotent?: boolean;
  /** How long the server may hold the request, in milliseconds. */
  readonly holds?: number;
  readonly signal?: AbortSignal | undefined;
}

export class Api {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  /** The object that the server answers with. Throws RaviError. */
  async object(method: string, path: string, call: Call = {}): Promise<Json> {
    const answer = await this.#answer(method, path, call);
    if (typeof answer !== "object" || answer === null || Array.isArray(answer)) throw nonsense();
    return answer as Json;
  }

  /** The objects that the server answers with. Throws RaviError. */
  async objects(path: string, call: Call = {}): Promise<Json[]> {
    const answer = await this.#answer("GET", path, call);
    return rows(answer);
  }

  async #answer(method: string, path: string, call: Call): Promise<unknown> {
    const headers: Record<string, string> = {
      accept: "application/json",
      authorization: `Bearer ${this.#credential.key}`,
      "user-agent": "openclaw-ravi",
      "x-ravi-identity": this.#credential.uuid,
    };
    if (call.body) headers["content-type"] = "application/json";
    if (call.idempotent) headers["idempotency-key"] = randomBytes(16).toString("hex");
    const limit = AbortSignal.timeout(PATIENCE + (call.holds ?? 0));
    const url = new URL(path, this.#credential.server);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const request: RequestInit = {
      method,
      headers,
      redirect: "error",
      signal: call.signal ? AbortSignal.any([call.signal, limit]) : limit,
    };
    if (call.body) request.body = JSON.stringify(call.body);
    // What carries a key of its own, and what only reads, may be sent again after a connection that broke.
    const tries = call.idempotent || method === "GET" ? 2 : 1;
    const response = await this.#sent(url, request, tries, call.signal);
    return decoded(response);
  }

  async #sent(url: URL, request: RequestInit, tries: number, signal: AbortSignal | undefined): Promise<Response> {
    try {
      return await fetch(url, request);
    } catch (fault) {
      signal?.throwIfAborted();
      if (tries > 1 && !request.signal?.aborted) return this.#sent(url, request, tries - 1, signal);
      const why = request.signal?.aborted ? "did not answer in time" : `cannot be reached${cause(fault)}`;
      throw new RaviError("server.unreachable", `the server ${url.origin} ${why}`);
    }
  }
}

/** `value`, which is to be a list of objects. Throws RaviError. */
export function rows(value: unknown): Json[] {
  if (!Array.isArray(value) || !value.every((row) => typeof row === "object" && row !== null)) throw nonsense();
  return value as Json[];
}

/** The text under `key`; "" when there is none. */
export function text(row: Json, key: string): string {
  const value = row[key];
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** `ref` as one segment of a path. Throws RaviError for an empty one, which would ask for the whole list. */
export function segment(ref: string): string {
  if (!ref.trim()) throw new RaviError("usage", "a reference to a message or entry is empty");
  return encodeURIComponent(ref.trim());
}

/** The error for an answer that is not a Ravi server's. */
export function nonsense(): RaviError {
  return new RaviError("server.nonsense", "the server answered with something that no Ravi server says");
}

async function decoded(response: Response): Promise<unknown> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw new RaviError("server.nonsense", `the server answered ${response.status} with something that is not JSON`);
  }
  if (response.ok) return body;
  const said = typeof body === "object" && body !== null ? (body as Json) : {};
  const message = text(said, "detail");
  if (!message) throw nonsense();
  const shown = clean(message).slice(0, LONGEST_MESSAGE);
  throw new RaviError(text(said, "code") || `http.${response.status}`, shown, clean(text(said, "hint")));
}

function cause(fault: unknown): string {
  const inner = fault instanceof Error ? (fault.cause as NodeJS.ErrnoException | undefined) : undefined;
  return inner?.code ? `: ${inner.code}` : "";
}
