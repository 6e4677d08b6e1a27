/** A `source` that has its sources in memory, by URL; a test makes it fail or wait. */
import type { Context, ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { digestRanges } from "../../services/source/range-digests.ts";
import type { ArrivalParams, ArrivalResult, DigestsParams, DigestsResult, ReadParams, SourceFacts, SourceParams, SourceRef } from "../../services/source/source.contract.ts";

export interface BufferSource {
  files: Map<string, Buffer>;
  /** What `open` and `read` throw. */
  failure: Error | undefined;
  /** Waited for before each read is answered. */
  gate: (start: number, end: number) => Promise<void>;
  reads: number;
  /** Bytes that are there of every source, each of which is then an upload that still arrives; undefined: all. */
  arrived: number | undefined;
}

export const sourceAt = (url: string): SourceRef => ({ kind: "url", url });

export function addBufferSource(broker: ServiceBroker): BufferSource {
  const staged: BufferSource = { files: new Map(), failure: undefined, gate: async () => undefined, reads: 0, arrived: undefined };
  const find = (source: SourceRef): Buffer => {
    if (staged.failure !== undefined) throw staged.failure;
    const bytes = staged.files.get(source.kind === "url" ? source.url : source.uploadId);
    if (bytes === undefined) throw fail("source_unreachable", "The origin answered 404.");
    return bytes;
  };
  async function read({ source, start, end }: ReadParams): Promise<Buffer> {
    const bytes = find(source);
    staged.reads++;
    await staged.gate(start, end);
    const needed = Math.min(end, bytes.byteLength);
    if (needed > (staged.arrived ?? Infinity)) throw fail("source_pending", "More of it has to come.", { needed });
    return Buffer.from(bytes.subarray(start, end));
  }
  broker.createService({
    name: "source",
    actions: {
      open: (ctx: Context<SourceParams>): SourceFacts => ({ size: find(ctx.params.source).byteLength, version: "v1", ...(staged.arrived === undefined ? {} : { arrived: staged.arrived }) }),
      async arrival({ params: { bytes, waitMs } }: Context<ArrivalParams>): Promise<ArrivalResult> {
        const until = performance.now() + waitMs;
        while ((staged.arrived ?? Infinity) < bytes && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
        return { arrived: staged.arrived ?? bytes };
      },
      read: async (ctx: Context<ReadParams>): Promise<Buffer> => await read(ctx.params),
      digests: async (ctx: Context<DigestsParams>): Promise<DigestsResult> => ({ digests: await digestRanges(read, ctx.params) }),
    },
  });
  return staged;
}
