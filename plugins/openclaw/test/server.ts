/** A server that answers as it is told, and remembers what it was asked: for what an honest server never does. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Record<string, unknown>;
}

export interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** Hang up instead of answering. */
  readonly drop?: boolean;
}

export class Scripted {
  readonly asked: Asked[] = [];
  url = "";
  readonly #server;

  constructor(answer: (asked: Asked) => Answer) {
    this.#server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        const body = text ? (JSON.parse(text) as Record<string, unknown>) : {};
        const asked = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
        this.asked.push(asked);
        const said = answer(asked);
        if (said.drop) return request.socket.destroy();
        response.writeHead(said.status ?? 200, { "content-type": "application/json", ...said.headers });
        response.end(typeof said.body === "string" ? said.body : JSON.stringify(said.body));
        return undefined;
      });
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
