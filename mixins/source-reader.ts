/** Random access to a source through the `source` service, for what wants bytes rather than messages. */
import { createHash } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import { MAX_READ_BYTES, type ReadParams, type SourceRef } from "../services/source/source.contract.ts";
import { readReply } from "./byte-reply.ts";
import type { ReadSource } from "./demuxer/demuxer.ts";

/** Bytes [start, end) of the source as long as it is `version`. @throws source_changed, source_unreachable, source_refused */
export function sourceReader(broker: ServiceBroker, source: SourceRef, version: string) {
  const readPart = async (start: number, end: number, ahead: boolean): Promise<Buffer> =>
    await readReply(await broker.call<unknown, ReadParams>("source.read", { source, version, start, end, ...(ahead ? {} : { ahead }) }));

  return async (start: number, end: number, ahead = true): Promise<Buffer> => {
    if (end - start <= MAX_READ_BYTES) return await readPart(start, end, ahead);
    const parts: Promise<Buffer>[] = [];
    for (let at = start; at < end; at += MAX_READ_BYTES) parts.push(readPart(at, Math.min(at + MAX_READ_BYTES, end), ahead));
    return Buffer.concat(await Promise.all(parts));
  };
}

/**
 * Reads like `read`, and keeps what the first read that failed threw: whoever reads through FFmpeg or a thread hears
 * of that only as a file that is damaged.
 */
export function rememberFailure(read: ReadSource): { read: ReadSource; failure(): unknown } {
  let failure: unknown;
  return {
    failure: () => failure,
    async read(start, end, ahead) {
      try {
        return await read(start, end, ahead);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
  };
}

/** Names a source's bytes for good: the same source that has changed has another key. It begins with the source's name. */
export function sourceKey(source: SourceRef, version: string): string {
  return `${sourceName(source)} ${version}`;
}

/** A digest: what is kept of a source is found by it, and its address is not. */
export function sourceName(source: SourceRef): string {
  return createHash("sha256").update(source.kind === "url" ? source.url : source.uploadId).digest("hex").slice(0, 32);
}
