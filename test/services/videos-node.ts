/** A node with `videos` over a store in memory, and beside it a source whose uploads all have the same bytes. */
import type { Context, ServiceBroker } from "moleculer";
import { storageService } from "../../services/storage/storage.service.ts";
import type { Outcome, Protection, SubmitParams, Verdict, VideoView } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { sourceAt } from "../support/buffer-source.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import type { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { sharedRedis } from "../support/servers.ts";

const URL_A = "https://media.example/a.mp4";
export const COMPLETE: Outcome = { complete: true, at: "2026-01-01T00:01:00.000Z" };
export const FAILED: Outcome = { complete: false, at: "2026-01-01T00:01:00.000Z", reasons: [{ class: "encode_failed", message: "staged" }] };

export interface VideosNode {
  broker: ServiceBroker;
  events: History<SeenEvent>;
  /** Uploads that are not finished. */
  arriving: Set<string>;
  submit(params?: Partial<SubmitParams>): Promise<VideoView>;
  settle(id: string, verdict: Verdict): Promise<void>;
  finish(id: string, outcome: Outcome): Promise<void>;
  get(id: string): Promise<VideoView>;
  named(name: string): SeenEvent[];
  /** Its line is in the event log, and it is in the list. */
  logged(id: string): Promise<SeenEvent>;
  stop(): Promise<void>;
}

/** @param redisUrl default: the Redis that the file's tests share */
export async function startVideos(store: ReturnType<typeof memoryStore>, namespace: string, { redisUrl, protection }: { redisUrl?: string; protection?: Protection } = {}): Promise<VideosNode> {
  const arriving = new Set<string>();
  const broker = quietBroker();
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService({ name: "source", actions: { upload: (ctx: Context<{ uploadId: string }>) => ({ uploadId: ctx.params.uploadId, size: 3, createdAt: "", ...(arriving.has(ctx.params.uploadId) ? {} : { sha256: "same" }) }) } });
  broker.createService(videosService({ redisUrl: redisUrl ?? (await sharedRedis()).url, namespace, ...(protection === undefined ? {} : { protection }) }));
  const events = watchEvents(broker, "video.*");
  await broker.start();
  return {
    broker, events, arriving,
    submit: (params = {}) => broker.call("videos.submit", { source: sourceAt(URL_A), ...params }),
    settle: (id, verdict) => broker.call("videos.settle", { id, verdict }),
    finish: (id, outcome) => broker.call("videos.finish", { id, outcome }),
    get: (id) => broker.call("videos.get", { id }),
    named: (name) => events.all.filter((event) => event.name === name),
    logged: (id) => events.until(({ name, payload }) => name === "video.changed" && payload["videoId"] === id),
    stop: () => broker.stop(),
  };
}
