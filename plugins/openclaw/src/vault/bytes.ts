/** Bytes and texts, with one spelling each. What has none is undefined: it comes from the network. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether `text` is a uuid as keys and sealed places are made with it: with dashes, in lower case. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** `text` in UTF-8. */
export function utf8(text: string): Uint8Array {
  return ENCODER.encode(text);
}

/** The text whose UTF-8 `data` is; undefined when it is none. */
export function findText(data: Uint8Array): string | undefined {
  try {
    return DECODER.decode(data);
  } catch {
    return undefined;
  }
}

/** The bytes that standard base64, padded, writes as `text`; undefined for every other spelling of them. */
export function findBase64(text: string): Uint8Array | undefined {
  const data = Buffer.from(text, "base64");
  // The decoder skips what is foreign and ignores spare bits: only writing it again shows that nothing was.
  return data.toString("base64") === text ? new Uint8Array(data) : undefined;
}
