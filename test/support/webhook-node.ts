/** A node that has webhooks and little else: its storage where a test says, videos from memory. As a process it can be killed. */
import type { Context, ServiceBroker } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { fail } from "../../config/errors.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { VideoView } from "../../services/videos/videos.contract.ts";
import { webhooksService, type WebhooksPorts } from "../../services/webhooks/webhooks.service.ts";
import { quietBroker } from "./quiet-broker.ts";

export const WEBHOOK_SECRET = "the secret of this mesh, for a test of webhooks";
/** `storage` takes `storeDir`'s place. */
export interface WebhookNodeOptions { redisUrl: string; namespace: string; storeDir?: string; storage?: Parameters<typeof storageService>[0]; allow: readonly string[]; ports?: WebhooksPorts }
export interface WebhookNode { broker: ServiceBroker; videos: Map<string, VideoView> }

export async function startWebhookNode({ redisUrl, namespace, storeDir = "", storage = { store: { kind: "file", dir: storeDir } }, allow, ports = {} }: WebhookNodeOptions): Promise<WebhookNode> {
  const videos = new Map<string, VideoView>();
  const broker = quietBroker({ nodeID: `node-${process.pid}`, middlewares: [accessGuard(passports(WEBHOOK_SECRET, "test"))] });
  broker.createService(storageService(storage));
  broker.createService({
    name: "videos",
    actions: {
      get(ctx: Context<{ id: string }>) {
        const video = videos.get(ctx.params.id);
        if (video === undefined) throw fail("video_not_found", "There is no such video.");
        return video;
      },
      history: (ctx: Context<{ id: string }>) => ({ id: ctx.params.id, status: "complete", createdAt: "", moments: {}, judgedAt: "2026-11-26T08:00:00.000Z", endedAt: "2026-11-26T09:00:00.000Z" }),
      list: () => ({ videos: [...videos.values()] }),
    },
  });
  broker.createService(webhooksService({ redisUrl, namespace, region: "here", webhookAllow: allow }, ports));
  await broker.start();
  return { broker, videos };
}

export function sampleVideo(id: string, changes: Partial<VideoView> = {}): VideoView {
  return { id, status: "complete", createdAt: new Date().toISOString(), source: { kind: "url", url: "https://media.example/a.mp4" }, visibility: "public", policy: "hybrid", protection: "none", priority: "normal", labels: {}, renditions: [], ...changes };
}

/** As a process: tells of one video, and goes on until it is killed. */
if (import.meta.main) {
  const { videoId, ...options } = JSON.parse(process.argv[2] ?? "") as Parameters<typeof startWebhookNode>[0] & { videoId: string };
  const { broker, videos } = await startWebhookNode(options);
  videos.set(videoId, sampleVideo(videoId));
  await broker.emit("video.complete", { videoId });
  process.stdout.write("told\n");
}
