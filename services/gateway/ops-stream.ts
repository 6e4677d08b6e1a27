/**
 * Server-sent events of the whole mesh for who is on duty. However many watch, one sampler asks, and only while somebody
 * does. A stream opens with the history that it lacks, then tells every look; it ends when its key is no longer good.
 */
import type { ServerResponse } from "node:http";
import { fail, findErrorCode } from "../../config/errors.ts";
import { openHistoryRing } from "../../mixins/history-ring.ts";
import { formatEvent, sendElsewhere, STREAM_HEADERS, STREAM_START } from "./server-sent-events.ts";
import type { OverviewAnswer, Step } from "../operator/overview.contract.ts";

export interface OpsStreamPorts {
  /** Steps after this, ms since 1970; undefined: all there are. */
  look(after: number | undefined): Promise<OverviewAnswer>;
  /** Told of failed looks; the next look may do better. */
  onFault(error: unknown): void;
}
export interface OpsStreams {
  /**
   * @param after the step that the client has seen last, ms since 1970
   * @param admit throws when its client may not watch any more
   * @throws overloaded; and what the first look throws
   */
  open(res: ServerResponse, after: number | undefined, admit: () => Promise<unknown>): Promise<void>;
  /** Somebody's rights have changed. */
  recheck(): void;
  close(): void;
}

interface Stream { readonly res: ServerResponse; readonly admit: () => Promise<unknown> }

const LOOK_MS = 2_000;
const MAX_STREAMS = 64;
/** Twenty minutes, some 200 bytes each. */
const KEPT_STEPS = 120;
/** A client that lets so much pile up is cut off; it resumes from its last step. */
const MAX_PENDING_BYTES = 2 * 1024 * 1024;
const REFUSALS = ["unauthorized", "forbidden"];

export function openOpsStreams({ look, onFault }: OpsStreamPorts, { maxStreams = MAX_STREAMS, lookMs = LOOK_MS } = {}): OpsStreams {
  const streams = new Set<Stream>();
  const ring = openHistoryRing<Step>(KEPT_STEPS);
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  /** Of the last look: it is told to who comes within the time of one. */
  let last: { at: number; text: string } | undefined;

  function send({ res }: Stream, text: string): void {
    if (!res.headersSent || res.destroyed || res.writableEnded) return;
    res.write(text);
    if (res.writableLength > MAX_PENDING_BYTES) res.destroy();
  }

  /** One look at a time, whoever wants it. @throws what `look` throws */
  function sample(): Promise<void> {
    looking ??= (async () => {
      const { overview, steps } = await look(ring.last?.at);
      ring.push(...steps);
      last = { at: performance.now(), text: formatEvent("overview", { ...overview, steps }, ring.last?.at) };
    })().finally(() => { looking = undefined; });
    return looking;
  }

  function drop(stream: Stream): void {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  async function recheck(): Promise<void> {
    await Promise.all([...streams].map(async (stream) => {
      try {
        await stream.admit();
      } catch (error) {
        if (REFUSALS.some((code) => findErrorCode(error) === code)) {
          drop(stream);
          stream.res.end();
        } else onFault(error);
      }
    }));
  }

  async function tick(): Promise<void> {
    if (looking !== undefined) return;
    try {
      await recheck();
      if (streams.size === 0) return;
      await sample();
      for (const stream of streams) if (last !== undefined) send(stream, last.text);
    } catch (error) {
      onFault(error);
      for (const stream of streams) send(stream, ": nothing was seen\n\n"); // the line is good, the mesh is not
    }
  }

  return {
    async open(res, after, admit) {
      if (streams.size >= maxStreams) throw fail("overloaded", "Too many clients watch the mesh here.");
      if (res.destroyed) return;
      const stream: Stream = { res, admit };
      streams.add(stream);
      timer ??= setInterval(() => void tick(), lookMs).unref();
      res.once("close", () => drop(stream));
      try {
        if (last === undefined || performance.now() - last.at > lookMs) await sample();
      } catch (error) {
        drop(stream);
        throw error;
      }
      if (res.destroyed || !streams.has(stream)) return;
      res.writeHead(200, STREAM_HEADERS);
      send(stream, `${STREAM_START}${formatEvent("history", { steps: ring.after(after) }, ring.last?.at)}${last?.text ?? ""}`);
    },
    recheck() { void recheck(); },
    close() {
      for (const stream of streams) {
        drop(stream);
        sendElsewhere(stream.res);
      }
    },
  };
}
