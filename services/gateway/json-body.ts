/** Reads a request's body as a JSON object: 64 KiB or less, 10 s, plain UTF-8, nothing compressed. */
import type { IncomingMessage } from "node:http";
import { fail } from "../../config/errors.ts";

export const MAX_JSON_BYTES = 64 * 1024;
const MAX_READ_MS = 10_000;

/** @throws bad_request | body_too_large */
export async function readJsonObject(req: IncomingMessage): Promise<Record<string, unknown>> {
  const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json") throw fail("bad_request", "Content-Type must be application/json.");
  return await readJsonOfAnyType(req);
}

/** The same of clients that do not say what they send. @throws bad_request | body_too_large */
export async function readJsonOfAnyType(req: IncomingMessage, maxBytes = MAX_JSON_BYTES): Promise<Record<string, unknown>> {
  if ((req.headers["content-encoding"] ?? "identity") !== "identity") throw fail("bad_request", "The body must not be compressed.");
  return parseJsonObject(await readBody(req, maxBytes));
}

/** @throws bad_request unless `bytes` are the UTF-8 of one JSON object */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw fail("bad_request", "The body is not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fail("bad_request", "The body must be a JSON object.");
  return value as Record<string, unknown>;
}

function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = fail("body_too_large", `The body must be at most ${maxBytes} bytes.`);
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      clearTimeout(deadline);
      req.off("data", take).off("end", finish).off("close", giveUp).pause();
      settle();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) end(() => reject(tooLarge));
      else chunks.push(chunk);
    };
    const finish = (): void => end(() => resolve(Buffer.concat(chunks)));
    const giveUp = (): void => end(() => reject(fail("bad_request", "The body did not arrive.")));
    const deadline = setTimeout(giveUp, MAX_READ_MS);
    req.on("data", take).once("end", finish).once("close", giveUp);
  });
}
