/** Random access to a source through the `source` service, for what wants bytes rather than messages. */
import type { ServiceBroker } from "moleculer";
import { MAX_READ_BYTES, type ReadParams, type SourceRef } from "../services/source/source.contract.ts";
import { readReply } from "./byte-reply.ts";

/** Bytes [start, end) of the source as long as it is `version`. @throws source_changed, source_unreachable, source_refused */
export function sourceReader(broker: ServiceBroker, source: SourceRef, version: string) {
  const readPart = async (start: number, end: number): Promise<Buffer> =>
    await readReply(await broker.call<unknown, ReadParams>("source.read", { source, version, start, end }));

  return async (start: number, end: number): Promise<Buffer> => {
    if (end - start <= MAX_READ_BYTES) return await readPart(start, end);
    const parts: Promise<Buffer>[] = [];
    for (let at = start; at < end; at += MAX_READ_BYTES) parts.push(readPart(at, Math.min(at + MAX_READ_BYTES, end)));
    return Buffer.concat(await Promise.all(parts));
  };
}

/** Names a source's bytes for good: the same source that has changed has another key. */
export function sourceKey(source: SourceRef, version: string): string {
  return JSON.stringify([source.kind === "url" ? source.url : source.uploadId, version]);
}
