/** What a tool of the plugin is, before it is known for which agent: one row of the table in `index.ts`. */

import type { Acting } from "../acting.ts";
import { RaviError } from "../errors.ts";

/** A tool's parameters: a flat object of texts, numbers and yes-or-no, as JSON Schema. */
export interface Parameters {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, Parameter>>;
  readonly required: readonly string[];
}

export interface Parameter {
  readonly type: "string" | "integer" | "boolean";
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ToolSpec {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly parameters: Parameters;
  /** Whether the result holds what outsiders wrote. */
  readonly outside: boolean;
  /** The longest that a call may take, in milliseconds, where the usual limit of OpenClaw would end it. */
  readonly patience?: number;
  /** What the model gets to read. Throws RaviError. */
  readonly run: (acting: Acting, given: Given, signal: AbortSignal | undefined) => Promise<string>;
}

/** Parameters from their descriptions; those in `required` have to be there. */
export function parameters(properties: Record<string, Parameter>, ...required: string[]): Parameters {
  return { type: "object", additionalProperties: false, properties, required };
}

export function words(description: string, ...choices: string[]): Parameter {
  return choices.length > 0 ? { type: "string", description, enum: choices } : { type: "string", description };
}

export function number(description: string, minimum: number, maximum: number): Parameter {
  return { type: "integer", description, minimum, maximum };
}

export function choice(description: string): Parameter {
  return { type: "boolean", description };
}

/** What a call was given, checked against the tool's parameters: not every way into a tool does that. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;

  /** Throws RaviError. */
  constructor(expected: Parameters, raw: unknown) {
    const values = raw ?? {};
    if (typeof values !== "object" || Array.isArray(values)) throw usage("the arguments are not an object");
    this.#values = values as Record<string, unknown>;
    for (const [name, value] of Object.entries(this.#values)) {
      const parameter = Object.hasOwn(expected.properties, name) ? expected.properties[name] : undefined;
      if (parameter === undefined) throw usage(`there is no argument ${name.slice(0, 40)}`);
      if (value !== undefined) check(name, parameter, value);
    }
    const missing = expected.required.filter((name) => !this.text(name).trim());
    if (missing.length > 0) throw usage(`missing: ${missing.join(", ")}`);
  }

  /** A text; "" when it was not given. */
  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : "";
  }

  /** A text; undefined when it was not given, or is empty. */
  optional(name: string): string | undefined {
    return this.text(name).trim() || undefined;
  }

  number(name: string, otherwise: number): number {
    const value = this.#values[name];
    return typeof value === "number" ? value : otherwise;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }
}

function check(name: string, parameter: Parameter, value: unknown): void {
  const kind = parameter.type === "integer" ? "number" : parameter.type;
  if (typeof value !== kind || (kind === "number" && !Number.isInteger(value))) {
    throw usage(`${name} has to be of type ${parameter.type}`);
  }
  if (parameter.enum && !parameter.enum.includes(String(value))) {
    throw usage(`${name} has to be one of: ${parameter.enum.join(", ")}`);
  }
  const { minimum, maximum } = parameter;
  if (minimum !== undefined && maximum !== undefined && (Number(value) < minimum || Number(value) > maximum)) {
    throw usage(`${name} has to be from ${minimum} to ${maximum}`);
  }
}

function usage(problem: string): RaviError {
  return new RaviError("usage", problem);
}
