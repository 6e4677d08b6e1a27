/**
 * How actions answer bytes. A caller on this node gets the Buffer itself; one on another node gets a Buffer while that
 * surely fits one message (NATS' default limit is 1 MiB), else a stream, which Moleculer cuts into messages of 256 KiB.
 */
import { Readable } from "node:stream";
import type { Context } from "moleculer";
import { fail } from "../config/errors.ts";

/** What an action may answer at all: Moleculer's streams have no backpressure, so a reply is held in memory whole. */
export const MAX_REPLY_BYTES = 256 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 512 * 1024;
/** A stream whose next piece is lost would never end. */
const SILENCE_MS = 10_000;

/** What an action returns for `bytes`; its caller unpacks that with `readReply`. */
export function replyBytes(ctx: Context<unknown>, bytes: Buffer): Buffer | Readable {
  const local = ctx.nodeID === ctx.broker.nodeID; // in a remote call it is the caller's
  return local || bytes.length <= MAX_MESSAGE_BYTES ? bytes : Readable.from([bytes], { objectMode: false });
}

/**
 * The bytes of a reply. An action that may answer `null` is asked for that before.
 * @throws not_ready (retryable) when a stream breaks off or falls silent; bad_request when there are more than `maxBytes`
 */
export async function readReply(reply: unknown, maxBytes = MAX_REPLY_BYTES): Promise<Buffer> {
  if (reply instanceof Uint8Array) {
    if (reply.byteLength > maxBytes) throw tooLong(maxBytes);
    return Buffer.isBuffer(reply) ? reply : Buffer.from(reply.buffer, reply.byteOffset, reply.byteLength);
  }
  if (!(reply instanceof Readable)) throw fail("not_found", "There are no such bytes.");
  return await readStream(reply, maxBytes);
}

function readStream(stream: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const giveUp = (error: Error): void => {
      clearTimeout(silence);
      reject(error);
      stream.destroy();
    };
    const silence = setTimeout(() => giveUp(fail("not_ready", "The answering node fell silent.")), SILENCE_MS);
    stream.on("data", (chunk: Buffer) => {
      silence.refresh();
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) giveUp(tooLong(maxBytes));
    });
    stream.once("end", () => {
      clearTimeout(silence);
      resolve(Buffer.concat(chunks, size));
    });
    stream.on("error", () => giveUp(fail("not_ready", "The answering node broke off."))); // may come more than once
    stream.once("close", () => giveUp(fail("not_ready", "The answer ended early."))); // after `end` this changes nothing
  });
}

function tooLong(maxBytes: number): Error {
  return fail("bad_request", `The answer is longer than ${maxBytes} bytes; read it in ranges.`);
}
