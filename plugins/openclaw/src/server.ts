/** URLs of servers: one spelling for each, and none over which a key would cross a network in the clear. */

import type { Environment } from "./config.ts";
import { ConfigError } from "./errors.ts";

const ALLOW_HTTP = "RAVI_ALLOW_HTTP";

/** `url` as `scheme://host[:port]`. Throws ConfigError naming `where`; the url is not repeated. */
export function normaliseServer(url: string, where: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url.trim());
  } catch {
    throw new ConfigError(`${where} is not an http:// or https:// URL`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new ConfigError(`${where} is not an http:// or https:// URL`);
  }
  if (parsed.username || parsed.password) throw new ConfigError(`${where} has a user name or password in it`);
  if (parsed.search || parsed.hash) throw new ConfigError(`${where} has a query or a fragment`);
  if (!["", "/api"].includes(parsed.pathname.replace(/\/+$/, ""))) {
    throw new ConfigError(`${where} has a path; a server stands at the root of its host`);
  }
  return parsed.origin;
}

/** Throws ConfigError for plain http to another machine, unless RAVI_ALLOW_HTTP is 1. */
export function checkTransport(server: string, where: string, environ: Environment): void {
  const { protocol, hostname } = new URL(server);
  if (protocol === "https:" || isLoopback(hostname) || environ[ALLOW_HTTP] === "1") return;
  throw new ConfigError(
    `${where} is ${server}: plain http to another machine would show the key to the network`,
    `use https, or set ${ALLOW_HTTP}=1 if that network is private`,
  );
}

function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}
