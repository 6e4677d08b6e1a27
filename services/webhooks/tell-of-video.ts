/** From what `videos` knows of a video to the messages about it. */
import type { ServiceBroker } from "moleculer";
import { findErrorCode } from "../../config/errors.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { ListVideosParams, ListVideosResult, VideoHistory, VideoIdParams, VideoView } from "../videos/videos.contract.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Endpoints } from "./endpoints.ts";
import { videoMessages, type VideoMessage } from "./messages.ts";
import { VIDEO_TYPES, type EventType } from "./webhooks.contract.ts";

const PAGE = 100;
const MOST = 2_000;

/** Asks nobody where nobody listens. */
export async function tellOfVideo(broker: ServiceBroker, endpoints: Pick<Endpoints, "all" | "listening">, dispatch: Pick<Dispatch, "tell">, videoId: string, type: EventType): Promise<void> {
  if (![...(await endpoints.all()).values()].some(({ record }) => record.events.includes(type))) return;
  const view = await findVideo(broker, videoId);
  if (view === undefined || (await endpoints.listening(type, tenantOf(view))).length === 0) return;
  const message = videoMessages(view, await historyOf(broker, view), new Date().toISOString()).find((one) => one.type === type);
  if (message !== undefined) await dispatch.tell(message, message.tenant);
}

/** Videos that were posted since then in this region, the newest first, of 2,000 at most: each region has a list of all, and what the others have told it does not know. */
export async function* recentVideos(broker: ServiceBroker, region: string, sinceMs: number): AsyncGenerator<{ createdAt: string; messages: VideoMessage[] }> {
  let cursor: string | undefined;
  for (let seen = 0; seen < MOST; seen += PAGE) {
    const page: ListVideosResult = await broker.call<ListVideosResult, ListVideosParams>("videos.list", { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const view of page.videos) {
      if (Date.parse(view.createdAt) < sinceMs) return;
      if (view.region !== undefined && view.region !== region) continue;
      yield { createdAt: view.createdAt, messages: videoMessages(view, await historyOf(broker, view), new Date().toISOString()).filter(({ type }) => (VIDEO_TYPES as readonly string[]).includes(type)) };
    }
    cursor = page.next;
    if (cursor === undefined) return;
  }
}

async function findVideo(broker: ServiceBroker, id: string): Promise<VideoView | undefined> {
  try {
    return await broker.call<VideoView, VideoIdParams>("videos.get", { id });
  } catch (error) {
    if (findErrorCode(error) !== "video_not_found") throw error;
    return undefined;
  }
}

async function historyOf(broker: ServiceBroker, { id, status }: VideoView): Promise<VideoHistory | undefined> {
  return status === "deleted" ? undefined : await broker.call<VideoHistory, VideoIdParams>("videos.history", { id });
}
