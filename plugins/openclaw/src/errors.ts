/**
 * What goes wrong in the plugin. Messages and hints are lower case, without a full stop, and never hold a secret.
 *
 * OpenClaw shows a tool's failure as the message of what it throws, so the hint is part of the message.
 */

/** A failure whose words are meant for whoever reads them: the model, or the person at the command line. */
export class RaviError extends Error {
  override readonly name: string = "RaviError";
  /** Stable, for programs: the server's code, or one of the plugin's. */
  readonly code: string;

  constructor(code: string, problem: string, hint = "") {
    super(hint ? `${problem} (${hint})` : problem);
    this.code = code;
  }
}

/** The configuration, or a file that it names, cannot be used. */
export class ConfigError extends RaviError {
  override readonly name = "ConfigError";

  constructor(problem: string, hint = "") {
    super("config.invalid", problem, hint);
  }
}

/** A sealed value does not open, or is not what it has to be. Nothing of it is handed out. */
export class VaultError extends RaviError {
  override readonly name = "VaultError";

  constructor(problem: string, hint = "") {
    super("vault.unreadable", problem, hint);
  }
}
