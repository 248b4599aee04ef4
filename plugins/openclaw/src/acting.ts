/** One agent acting as its identity: the calls it makes, and the vault it opens. */

import { Api } from "./api.ts";
import { readConfig, requireSource } from "./config.ts";
import type { Environment } from "./config.ts";
import { loadCredential } from "./credentials.ts";
import type { Credential } from "./credentials.ts";
import { VaultError } from "./errors.ts";
import { open } from "./vault/field.ts";
import type { Kind } from "./vault/field.ts";
import { publicKey, vaultKey } from "./vault/keys.ts";

/** What opens the fields of the identity `uuid`, and of no other. */
export class Vault {
  readonly #uuid: string;
  readonly #identityKey: Uint8Array;
  readonly #key: Uint8Array;

  constructor(uuid: string, identityKey: Uint8Array) {
    this.#uuid = uuid;
    this.#identityKey = identityKey;
    this.#key = vaultKey(identityKey);
  }

  /** What the server knows the identity's key by. */
  get publicKey(): string {
    return publicKey(this.#identityKey);
  }

  /** What was sealed for this place. Throws VaultError. */
  open(kind: Kind, entry: string, field: string, sealed: string): string {
    return open(this.#key, { identity: this.#uuid, kind, entry, field }, sealed);
  }

  /** As `open`, for a field that need not be there: an absent one is empty. */
  openGiven(kind: Kind, entry: string, field: string, sealed: string): string {
    return sealed ? this.open(kind, entry, field, sealed) : "";
  }
}

/** The identity that one call of a tool acts as. */
export class Acting {
  readonly uuid: string;
  readonly api: Api;
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.uuid = credential.uuid;
    this.api = new Api(credential);
    this.#credential = credential;
  }

  get server(): string {
    return this.#credential.server;
  }

  get configDir(): string | undefined {
    return this.#credential.configDir;
  }

  get hasVaultKey(): boolean {
    return this.#credential.vaultKey !== undefined;
  }

  /** The identity's vault. Throws VaultError when its key is not here. */
  vault(): Vault {
    const key = this.#credential.vaultKey;
    if (key === undefined) {
      throw new VaultError(
        `the vault of identity ${this.uuid} is locked: no vault key is beside its credential`,
        "its owner prints it with ravi vault key; it belongs into vaultKeyFile, or vault_key of the config.json",
      );
    }
    return new Vault(this.uuid, key);
  }
}

/** Whoever the agent `agentId` acts as by the configuration `raw`. Throws ConfigError when it is nobody. */
export function actingAs(raw: unknown, agentId: string | undefined, environ: Environment): Acting {
  const config = readConfig(raw);
  return new Acting(loadCredential(requireSource(config, agentId), config.server, environ));
}
