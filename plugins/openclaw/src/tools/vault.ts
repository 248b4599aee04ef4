/** Tools for the vault. Values are opened here, never by the server, and only the one that is asked for. */

import { text } from "../api.ts";
import type { Api, Json } from "../api.ts";
import type { Acting, Vault } from "../acting.ts";
import { RaviError, VaultError } from "../errors.ts";
import { clean, facts } from "../fence.ts";
import { isUuid } from "../vault/bytes.ts";
import { codeAt, readUri, secondsRemaining } from "../vault/totp.ts";
import { parameters, words } from "./spec.ts";
import type { ToolSpec } from "./spec.ts";

const PASSWORDS = "/api/passwords/";
const SECRETS = "/api/secrets/";
const TOTP = "/api/mfa/";
const KEY = /^[A-Z][A-Z0-9_]{0,127}$/;
const VALUE_LIMIT = "The value goes into this conversation: ask for it only when you need it.";

export const VAULT_TOOLS: readonly ToolSpec[] = [
  {
    name: "ravi_password_list",
    label: "Sign-ins",
    description: "List the sites that you have passwords for, with the uuid of each entry, without passwords.",
    parameters: parameters({}),
    outside: false,
    run: async ({ api }, _, signal) => {
      const found = await api.objects(PASSWORDS, { query: { values: "false" }, signal });
      return lines(found, "sign-ins", (row) => [text(row, "uuid"), text(row, "domain")]);
    },
  },
  {
    name: "ravi_password_get",
    label: "Password",
    description: `Get the username and password of one site, or of the entry with a uuid. ${VALUE_LIMIT}`,
    parameters: parameters({ site: words("a domain or URL, or the uuid of an entry") }, "site"),
    outside: false,
    run: async (acting, given, signal) => {
      const uuid = await passwordUuid(acting.api, given.text("site"), signal);
      const row = await entry(acting, `${PASSWORDS}${uuid}/`, uuid, signal);
      return password(acting.vault(), row, uuid);
    },
  },
  {
    name: "ravi_secret_list",
    label: "Secrets",
    description: "List the names of your secrets, without values.",
    parameters: parameters({}),
    outside: false,
    run: async ({ api }, _, signal) => {
      const found = await api.objects(SECRETS, { query: { values: "false" }, signal });
      return lines(found, "secrets", (row) => [text(row, "key")]);
    },
  },
  {
    name: "ravi_secret_get",
    label: "Secret",
    description: `Get the value of one secret, such as an API key, by its name. ${VALUE_LIMIT}`,
    parameters: parameters({ name: words("the secret's name, such as API_KEY") }, "name"),
    outside: false,
    run: async (acting, given, signal) => {
      const key = given.text("name").trim().toUpperCase();
      if (!KEY.test(key)) throw new RaviError("usage", "a secret's name is like API_KEY: A to Z, 0 to 9, _");
      const found = await acting.api.objects(SECRETS, { query: { key }, signal });
      // The server filters; one that ignored the question would otherwise hand over another secret.
      const row = found.find((each) => text(each, "key") === key);
      if (row === undefined) throw notFound(`secret not found: ${key}`, "ravi_secret_list names those that are there");
      checkOwner(acting, row);
      return acting.vault().open("secret", key, "value", text(row, "value"));
    },
  },
  {
    name: "ravi_totp_code",
    label: "One-time code",
    description: "Make the present one-time code (TOTP) of one of your entries, by its name or uuid.",
    parameters: parameters({ name: words("the entry's name, or its uuid") }, "name"),
    outside: false,
    run: async (acting, given, signal) => {
      const name = given.text("name").trim();
      const row = isUuid(name.toLowerCase())
        ? await entry(acting, `${TOTP}${name.toLowerCase()}/`, name.toLowerCase(), signal)
        : await totpByName(acting, name, signal);
      return code(acting.vault(), row, Date.now() / 1000);
    },
  },
];

/** The username and password of an entry that is what it says. Throws VaultError. */
function password(vault: Vault, row: Json, uuid: string): string {
  const domain = text(row, "domain");
  if (!text(row, "site")) {
    throw new VaultError(
      `password ${uuid} has no sealed site, so whose it is would be the server's word alone`,
      `its owner says so with: ravi passwords update ${uuid} --domain DOMAIN`,
    );
  }
  if (vault.open("password", uuid, "site", text(row, "site")) !== domain) {
    throw new VaultError(`password ${uuid} was sealed for another site than the server says`);
  }
  const username = vault.openGiven("password", uuid, "username", text(row, "username"));
  const secret = vault.open("password", uuid, "password", text(row, "password"));
  const notes = vault.openGiven("password", uuid, "notes", text(row, "notes"));
  const known = facts([
    ["site", domain],
    ["username", username],
  ]);
  return [known, `password: ${secret}`, ...(notes ? [`notes: ${notes}`] : [])].join("\n");
}

/** The code of an entry that is what it says, at the time `now` in seconds. Throws VaultError. */
function code(vault: Vault, row: Json, now: number): string {
  const uuid = text(row, "uuid");
  const { label, seed } = readUri(vault.open("totp", uuid, "secret", text(row, "secret")));
  if (label !== text(row, "service_name")) {
    throw new VaultError(`totp ${uuid} was sealed under another name than the server says`);
  }
  return `code: ${codeAt(seed, now)}\nseconds_remaining: ${secondsRemaining(seed, now)}`;
}

async function passwordUuid(api: Api, site: string, signal: AbortSignal | undefined): Promise<string> {
  const wanted = site.trim().toLowerCase();
  if (isUuid(wanted)) return wanted;
  const host = hostOf(wanted);
  const found = await api.objects(PASSWORDS, { query: { values: "false" }, signal });
  // Entries are kept for registrable domains: what fits a host is that domain or stands above it.
  const fitting = found.filter((row) => host === text(row, "domain") || host.endsWith(`.${text(row, "domain")}`));
  if (fitting.length > 1) {
    const uuids = fitting.map((row) => text(row, "uuid")).join(", ");
    throw new RaviError("vault.entry_ambiguous", `${fitting.length} sign-ins for ${host}`, `ask for one of: ${uuids}`);
  }
  const uuid = fitting[0] === undefined ? "" : text(fitting[0], "uuid");
  if (!isUuid(uuid)) throw notFound(`no sign-in for ${host}`, "ravi_password_list names those that are there");
  return uuid;
}

async function totpByName(acting: Acting, name: string, signal: AbortSignal | undefined): Promise<Json> {
  const found = await acting.api.objects(TOTP, { query: { name }, signal });
  const row = found.find((each) => text(each, "service_name") === name);
  if (row === undefined) throw notFound("no TOTP entry has this name", "its owner lists them with ravi totp list");
  checkOwner(acting, row);
  return row;
}

/** One entry by its uuid: any other opens as well, and is another site's. */
async function entry(acting: Acting, path: string, uuid: string, signal: AbortSignal | undefined): Promise<Json> {
  const row = await acting.api.object("GET", path, { signal });
  if (text(row, "uuid") !== uuid) throw new VaultError("the server answered with another entry than was asked for");
  checkOwner(acting, row);
  return row;
}

function checkOwner(acting: Acting, row: Json): void {
  if (text(row, "identity_uuid") !== acting.uuid) {
    throw new VaultError("the server answered with an entry of another identity");
  }
}

function hostOf(site: string): string {
  try {
    return new URL(site.includes("://") ? site : `https://${site}`).hostname;
  } catch {
    throw new RaviError("usage", `${clean(site).slice(0, 80)} names no site`);
  }
}

function lines(found: readonly Json[], what: string, columns: (row: Json) => string[]): string {
  if (found.length === 0) return `no ${what}`;
  return found.map((row) => columns(row).map(clean).join(" ")).join("\n");
}

function notFound(problem: string, hint: string): RaviError {
  return new RaviError("not_found", problem, hint);
}
