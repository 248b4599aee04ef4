/**
 * A harness that gives each task an identity of its own, with `fetch` alone: `node harness.ts TASK COMMAND…`.
 *
 * It has a sign-in of its own in the file that HARNESS_AUTH names: DIR/.ravi/auth.json, after `HOME=DIR ravi auth login`.
 * One process uses it at a time, because a refresh token is good for one renewal.
 */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const LIFETIME_SECONDS = 24 * 3600;
/** The longest that the server holds one request for a message, in seconds. */
const LONGEST_HOLD = 25;

export interface Identity {
  uuid: string;
  name: string;
  email: string;
  phone_number: string | null;
  api_key: string;
}

interface Saved {
  server: string;
  access_token: string;
  refresh_token: string;
  expires_at?: string;
}

export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The owner, as saved in a file; or somebody with a key, which is never renewed. */
export class Ravi {
  readonly server: string;
  private token: string;
  private readonly file: string | undefined;
  private renewing: Promise<void> | undefined;

  private constructor(server: string, token: string, file?: string) {
    this.server = server;
    this.token = token;
    this.file = file;
  }

  static async signedIn(file: string): Promise<Ravi> {
    const saved = JSON.parse(await readFile(file, "utf8")) as Saved;
    return new Ravi(saved.server, saved.access_token, file);
  }

  static withKey(server: string, key: string): Ravi {
    return new Ravi(server, key);
  }

  /** Send one request. A creation has an `idempotencyKey`, so that trying it again cannot make two. */
  async send<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
    const once = (): Promise<Response> =>
      fetch(new URL(path, this.server), {
        method,
        headers: {
          Authorization: `Bearer ${this.token}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {}),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: "error",
      });
    let answer = await once();
    if (answer.status === 401 && this.file) {
      await this.renew();
      answer = await once();
    }
    const document = answer.status === 204 ? undefined : await answer.json();
    if (!answer.ok) throw new Refused(answer.status, document.code ?? "", document.detail ?? answer.statusText);
    return document as T;
  }

  /** Exchange the refresh token, once for all who wait, and save the new pair before it is used. */
  private renew(): Promise<void> {
    this.renewing ??= this.exchange().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async exchange(): Promise<void> {
    const file = this.file as string;
    const saved = JSON.parse(await readFile(file, "utf8")) as Saved;
    const answer = await fetch(new URL("/api/auth/token/refresh/", this.server), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ refresh: saved.refresh_token }),
      redirect: "error",
    });
    if (!answer.ok) throw new Refused(answer.status, "auth.expired", "sign in again with: ravi auth login");
    const pair = (await answer.json()) as { access: string; refresh: string; expires_at: string };
    const renewed = { ...saved, access_token: pair.access, refresh_token: pair.refresh, expires_at: pair.expires_at };
    await writeFile(`${file}.new`, JSON.stringify(renewed, null, 2), { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
    this.token = pair.access;
  }
}

/** The identity called `task-TASK`, with a key of its own: the one that is there, or a new one. */
export function identityFor(owner: Ravi, task: string): Promise<Identity> {
  const wanted = {
    name: `task-${task}`,
    reuse: true,
    api_key: true,
    ttl_seconds: LIFETIME_SECONDS,
    labels: { harness: "example" },
  };
  return owner.send<Identity>("POST", "/api/identities/", wanted, randomUUID());
}

/** The environment of the agent that is `identity`: its own key, and nothing of ours. */
export function environmentOf(owner: Ravi, identity: Identity): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(RAVI|HARNESS)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    RAVI_API_URL: owner.server,
    RAVI_API_KEY: identity.api_key,
    RAVI_EMAIL: identity.email,
    RAVI_PHONE: identity.phone_number ?? "",
  };
}

/** The next code that comes to `identity` by mail or SMS. The server holds each request, so nothing is polled. */
export async function codeFor(owner: Ravi, identity: Identity, sender?: string, timeout = 120): Promise<string> {
  const agent = Ravi.withKey(owner.server, identity.api_key);
  const until = Date.now() + timeout * 1000;
  let cursor: string | undefined;
  for (;;) {
    const seconds = Math.min(Math.ceil(Math.max(0, until - Date.now()) / 1000), LONGEST_HOLD);
    const wish = { want: "otp", seconds, ...(sender ? { sender } : {}), ...(cursor ? { cursor } : {}) };
    const answer = await agent.send<{ found: boolean; cursor: string; code?: string }>("POST", "/api/wait/", wish);
    if (answer.found && answer.code) return answer.code;
    if (Date.now() >= until) throw new Error(`no code for ${identity.name} within ${timeout} s`);
    cursor = answer.cursor;
  }
}

/** Run `command` as the agent of `task`; its identity ends with it, or stays for the next try if it fails. */
export async function dispatch(owner: Ravi, task: string, command: string[]): Promise<number> {
  const identity = await identityFor(owner, task);
  console.error(`${task}: ${identity.email}`);
  const [program = "", ...rest] = command;
  const child = spawn(program, rest, { env: environmentOf(owner, identity), stdio: "inherit" });
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  if (status === 0) await owner.send("DELETE", `/api/identities/${identity.uuid}/`);
  return status;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [task = "", ...command] = process.argv.slice(2);
  const owner = await Ravi.signedIn(process.env["HARNESS_AUTH"] ?? "auth.json");
  process.exitCode = await dispatch(owner, task, command);
}
