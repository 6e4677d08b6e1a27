/**
 * A node of the storm's mesh: the real videos, scheduler, storage and work queue, and in place of what knows media a
 * validator that accepts and a transcoder that writes a line. argv: role (`control` or `worker`), directory, NATS, Redis, name.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { ServiceBroker, type Context, type ServiceSchema } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { STORYBOARD } from "../../media/storyboard.ts";
import { mediaName } from "../../media/media-names.ts";
import { announce } from "../../mixins/announce.ts";
import { cancelled } from "../../mixins/cancelled.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { openQueueWorker, type QueueWorker, type Work } from "../../mixins/work-queue/queue-worker.ts";
import { openWorkQueue } from "../../mixins/work-queue/work-queue.ts";
import { schedulerService } from "../../services/scheduler/scheduler.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { isAway } from "../../services/transcoder/away.ts";
import type { ChunkParams, SegmentStored } from "../../services/transcoder/transcoder.contract.ts";
import type { VerdictParams, VideoEventPayload } from "../../services/videos/videos.contract.ts";
import { videosService } from "../../services/videos/videos.service.ts";
import { FILES, stormFacts } from "./storm-video.ts";

const [role = "", dir = "", natsUrl = "", redisUrl = "", name = ""] = process.argv.slice(2);
/** What a segment takes here, in ms: up to this. */
const WORK_MS = 20;
const SLOTS = 2;

const namespace = "storm";
const config = loadConfig({ LECTERN_NATS_URL: natsUrl, LECTERN_REDIS_URL: redisUrl, LECTERN_NAMESPACE: namespace, LECTERN_NODE_ID: name, LECTERN_STORE: `file:${join(dir, FILES.store)}`, LECTERN_LOG_LEVEL: "warn" });
const broker = new ServiceBroker({ ...brokerOptions(config), logger: false });

function validator(): ServiceSchema {
  const accept = async (id: string): Promise<void> => {
    const { seconds } = JSON.parse(process.env["STORM_VIDEO"] ?? "{}") as { seconds: number };
    await broker.call<void, VerdictParams>("videos.settle", { id, verdict: { accepted: true, at: new Date().toISOString(), facts: stormFacts(seconds), sourceVersion: "1" } });
  };
  return {
    name: "validator",
    actions: { validate: (ctx: Context<{ id: string }>) => accept(ctx.params.id) },
    events: { "video.submitted": (ctx: Context<VideoEventPayload>) => accept(ctx.params.videoId) },
  };
}

/** Who wrote an object is in it; what was written by whom is in a journal of this process. */
function transcoder(): ServiceSchema {
  const journal = join(dir, FILES.journals, `${name}-${process.pid}`);
  const storage = storageCalls(broker);
  const keys = redisKeys(namespace);
  let redis: Redis;
  let worker: QueueWorker | undefined;

  async function makeChunk({ videoId, renditions, first, last }: ChunkParams, work: Work): Promise<void> {
    if (renditions.includes(STORYBOARD)) return;
    const total = renditions.length * (last - first + 1);
    let done = 0;
    for (const rendition of renditions) {
      for (let segment = first; segment <= last; segment++) {
        const key = objectKeys.media(videoId, rendition, mediaName(segment));
        if ((await storage.get(key)) === null) {
          await delay(Math.random() * WORK_MS);
          if (work.signal.aborted || !(await work.isHeld())) throw cancelled();
          const { stored } = await storage.put(key, Buffer.from(`${key}\n${name}-${process.pid}\n`), true);
          if (stored) appendFileSync(journal, `${key}\n`);
        }
        announce(broker, "segment.stored", { videoId, rendition, segment, bytes: 1 } satisfies SegmentStored);
        work.progress(++done / total);
      }
    }
  }

  return {
    name: "transcoder",
    dependencies: ["storage"],
    async started() {
      redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 3_000, retryStrategy: () => 200 });
      const subscriber = new Redis(redisUrl, { retryStrategy: () => 200 });
      for (const connection of [redis, subscriber]) connection.on("error", () => undefined); // it comes back
      worker = openQueueWorker<ChunkParams>({
        queue: openWorkQueue({ redis, prefix: keys.queuePrefix }), subscriber, owner: name, rooms: { play: SLOTS, background: SLOTS }, run: makeChunk,
        judge: (error) => (isAway(error) ? "away" : "fault"), logger: broker.logger,
        onDead: (chunk, error) => {
          broker.call("scheduler.poison", { ...chunk, message: String(error) }).catch(() => undefined); // feeding finds it
        },
      });
    },
    async stopped() {
      await worker?.close();
      redis?.disconnect();
    },
  };
}

broker.createService(storageService({ store: config.store }));
if (role === "control") {
  broker.createService(videosService({ redisUrl, namespace }));
  broker.createService(schedulerService({ redisUrl, namespace, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxWaiting: 100_000, weights: {} } }));
  broker.createService(validator());
} else broker.createService(transcoder());

process.on("SIGTERM", () => { void broker.stop().finally(() => process.exit(0)); });
await broker.start();
console.log("joined");
