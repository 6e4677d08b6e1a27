/**
 * How actions answer bytes. A caller on this node gets the Buffer itself; one on another node gets a Buffer while that
 * surely fits one message (NATS' default limit is 1 MiB), else a stream, which Moleculer cuts into messages of 256 KiB.
 */
import { Readable } from "node:stream";
import type { Context } from "moleculer";
import { fail } from "../config/errors.ts";
import { GrowingBytes } from "./growing-bytes.ts";

/** What an action may answer at all: Moleculer's streams have no backpressure, so a reply is held in memory whole. */
export const MAX_REPLY_BYTES = 256 * 1024 * 1024;
export const MAX_MESSAGE_BYTES = 512 * 1024;
/** A stream whose next piece is lost would never end. */
const SILENCE_MS = 10_000;

/** What an action returns for `bytes`; its caller unpacks that with `readReply`. */
export function replyBytes(ctx: Context<unknown>, bytes: Buffer): Buffer | Readable {
  return isLocal(ctx) || bytes.length <= MAX_MESSAGE_BYTES ? bytes : Readable.from([bytes], { objectMode: false });
}

/** The same for bytes that are being made: they are answered as they come. */
export function replyGrowing(ctx: Context<unknown>, growing: GrowingBytes): GrowingBytes | Readable {
  return isLocal(ctx) ? growing : Readable.from(growing, { objectMode: false });
}

/** In a remote call the context's node is the caller's. */
export function isLocal(ctx: Context<unknown>): boolean {
  return ctx.nodeID === ctx.broker.nodeID;
}

/**
 * A reply as bytes that may still grow: a stream is read on, into them.
 * @throws like `readReply`; what comes later fails the bytes
 */
export function growReply(reply: unknown, silenceMs: number): GrowingBytes {
  if (reply instanceof GrowingBytes) return reply;
  const growing = new GrowingBytes();
  if (reply instanceof Uint8Array) {
    growing.push(asBuffer(reply));
    growing.end();
  } else if (reply instanceof Readable) pump(reply, silenceMs, (bytes) => growing.push(bytes)).then(() => growing.end(), (error: unknown) => growing.fail(error));
  else throw fail("not_found", "There are no such bytes.");
  return growing;
}

/**
 * The bytes of a reply. An action that may answer `null` is asked for that before.
 * @throws not_ready (retryable) when a stream breaks off or falls silent; bad_request when there are more than `maxBytes`
 */
export async function readReply(reply: unknown, maxBytes = MAX_REPLY_BYTES): Promise<Buffer> {
  if (reply instanceof GrowingBytes) return await reply.whole();
  if (reply instanceof Uint8Array) {
    if (reply.byteLength > maxBytes) throw tooLong(maxBytes);
    return asBuffer(reply);
  }
  if (!(reply instanceof Readable)) throw fail("not_found", "There are no such bytes.");
  const chunks: Buffer[] = [];
  let size = 0;
  await pump(reply, SILENCE_MS, (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) throw tooLong(maxBytes);
  });
  return Buffer.concat(chunks, size);
}

/** Hands on what comes until the end. What `take` throws ends it. */
function pump(stream: Readable, silenceMs: number, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (error: unknown): void => {
      clearTimeout(silence);
      reject(error);
      stream.destroy();
    };
    const silence = setTimeout(() => giveUp(fail("not_ready", "The answering node fell silent.")), silenceMs);
    stream.on("data", (chunk: Buffer) => {
      silence.refresh();
      try {
        take(chunk);
      } catch (error) {
        giveUp(error);
      }
    });
    stream.once("end", () => {
      clearTimeout(silence);
      resolve();
    });
    stream.on("error", () => giveUp(fail("not_ready", "The answering node broke off."))); // may come more than once
    stream.once("close", () => giveUp(fail("not_ready", "The answer ended early."))); // after `end` this changes nothing
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function tooLong(maxBytes: number): Error {
  return fail("bad_request", `The answer is longer than ${maxBytes} bytes; read it in ranges.`);
}
