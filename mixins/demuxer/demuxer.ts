/**
 * Reads containers (their index, and the packets of a span) in one thread a node, shared by the services on it. The
 * thread cannot reach anything: it asks for bytes, and they come from `source`. A container that makes it hang or
 * grow costs the thread, never the node.
 */
import { Worker } from "node:worker_threads";
import { errorMessage, fail } from "../../config/errors.ts";
import type { DemuxerRequest, FoundPackets, FromThread, Inspection, OpenSource, Packet, ToThread, Track } from "./demuxer.contract.ts";
import { readPlaced } from "./placed-packets.ts";

/** Bytes [start, end) of the source. `ahead`: false for those who hop about, for whom nothing is fetched in advance. */
export type ReadSource = (start: number, end: number, ahead?: boolean) => Promise<Uint8Array>;
export interface PacketSpan { track: Track; index: number; timescale: number; from: number; to: number }

const TIMEOUT_MS = 20_000;
const MAX_HEAP_MB = 768;

/** `failure`: of a read of its source, while it was worked on. */
interface Pending { settle: PromiseWithResolvers<Inspection | FoundPackets>; timer: NodeJS.Timeout; key: string; failure?: unknown }

class Demuxer {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  /** How to read each source that is being worked on or is open in the thread. */
  private readonly readers = new Map<string, ReadSource>();
  private lastId = 0;

  /** @throws not_media when the thread could not read it in time; what `read` throws, where nothing could be found without it */
  async inspect(source: OpenSource, read: ReadSource, isCopy = false): Promise<Inspection> {
    return (await this.request({ op: "inspect", source, isCopy }, read)) as Inspection;
  }

  /** Packets of a span in decode order. @throws not_media, and what `read` throws */
  async packets(source: OpenSource, read: ReadSource, span: PacketSpan): Promise<Packet[]> {
    const found = (await this.request({ op: "packets", source, ...span }, read)) as FoundPackets;
    return "places" in found ? await readPlaced(found.places, (start, end) => read(start, end, true)) : found.packets;
  }

  async close(): Promise<void> {
    await this.stop("the node is stopping");
  }

  private request(request: DemuxerRequest, read: ReadSource): Promise<Inspection | FoundPackets> {
    const worker = this.start();
    const id = ++this.lastId;
    const key = request.source.key;
    this.readers.delete(key);
    this.readers.set(key, read); // the newest reader of the same bytes; also the youngest in the order of eviction
    if (this.readers.size > 256) this.readers.delete(this.readers.keys().next().value ?? "");
    const settle = Promise.withResolvers<Inspection | FoundPackets>();
    const timer = setTimeout(() => {
      this.stop(`reading the container took longer than ${TIMEOUT_MS / 1000} s`).catch(() => undefined);
    }, TIMEOUT_MS);
    this.pending.set(id, { settle, timer, key });
    worker.postMessage({ id, request } satisfies ToThread);
    return settle.promise;
  }

  /** Starts the thread unless it runs: loading it takes a quarter of a second that no video should wait for. */
  start(): Worker {
    if (this.worker !== undefined) return this.worker;
    const worker = new Worker(new URL("./demuxer-thread.ts", import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    worker.unref();
    worker.on("message", (message: FromThread) => this.receive(worker, message));
    worker.on("error", (error) => this.lose(worker, error.message));
    worker.on("exit", () => this.lose(worker, "the thread ended"));
    this.worker = worker;
    return worker;
  }

  private receive(worker: Worker, message: FromThread): void {
    if ("read" in message) {
      this.readFor(worker, message).catch((error: unknown) => {
        // It was for one of them, which is not known here; those that can do without it do not fail.
        for (const pending of this.pending.values()) if (pending.key === message.key) pending.failure ??= error;
        worker.postMessage({ read: message.read, error: errorMessage(error) } satisfies ToThread);
      });
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    clearTimeout(pending?.timer);
    const found = "result" in message && !isNothing(message.result) ? message.result : undefined;
    if (found !== undefined) pending?.settle.resolve(found);
    else if (pending?.failure !== undefined) pending.settle.reject(pending.failure);
    else if ("result" in message) pending?.settle.resolve(message.result);
    else pending?.settle.reject(fail("not_media", `The container could not be read: ${message.error}.`));
  }

  private async readFor(worker: Worker, { read, key, start, end, ahead }: Extract<FromThread, { read: number }>): Promise<void> {
    const reader = this.readers.get(key);
    if (reader === undefined) throw new Error("the source was closed");
    worker.postMessage({ read, bytes: await reader(start, end, ahead) } satisfies ToThread);
  }

  private async stop(reason: string): Promise<void> {
    const worker = this.worker;
    if (worker === undefined) return;
    this.lose(worker, reason);
    await worker.terminate();
  }

  /** All that waits for the thread fails; the next request starts a new one. */
  private lose(worker: Worker, reason: string): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const { settle, timer } of this.pending.values()) {
      clearTimeout(timer);
      settle.reject(fail("not_media", `The container could not be read: ${reason}.`));
    }
    this.pending.clear();
    this.readers.clear();
  }
}

/** What an inspection also says when it could not read all that it wanted. */
function isNothing(result: Inspection | FoundPackets): boolean {
  return "outcome" in result && (result.outcome === "no_index" || result.outcome === "unreadable");
}

export type { Demuxer };

let shared: { demuxer: Demuxer; users: number } | undefined;

/** The node's demuxer, its thread already running. Who opens it closes it, with `closeDemuxer`. */
export function openDemuxer(): Demuxer {
  if (shared === undefined) {
    shared = { demuxer: new Demuxer(), users: 0 };
    shared.demuxer.start();
  }
  shared.users++;
  return shared.demuxer;
}

export async function closeDemuxer(): Promise<void> {
  if (shared === undefined || --shared.users > 0) return;
  const { demuxer } = shared;
  shared = undefined;
  await demuxer.close();
}
