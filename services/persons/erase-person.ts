/**
 * Carries out an order to erase a person. Every step may be taken twice, and by two nodes: whoever dies in the midst of it is
 * followed by another, which finds in the order what was found at the beginning.
 */
import { takeAll } from "../../mixins/take-all.ts";
import { linksOf, type CollectPorts } from "./collect.ts";
import type { ErasureOrder, ErasureOrders, Found } from "./erasure-orders.ts";
import type { ErasureCounts } from "./persons.contract.ts";

export interface ErasePorts extends Pick<CollectPorts, "keys" | "posted" | "sent" | "records" | "linkMaxSec" | "now"> {
  orders: Pick<ErasureOrders, "findFound" | "keepFound" | "findDone" | "finish">;
  /** These do nothing where there is nothing to do. */
  revokeKey(id: string): Promise<void>;
  forgetKey(id: string): Promise<void>;
  endLink(videoId: string, linkId: string): Promise<void>;
  removeVideo(id: string): Promise<void>;
  /** That the video is theirs, too. */
  forgetPoster(videoId: string, person: string): Promise<void>;
  hasPosters(videoId: string): Promise<boolean>;
  /** By which the video is found again. */
  forgetPosted(person: string, tenant: string, videoId: string): Promise<void>;
  /** @returns false where a video is made of it */
  dropUpload(id: string): Promise<boolean>;
  forgetSent(person: string, tenant: string, uploadId: string): Promise<void>;
  /** Durable when it resolves. */
  writeReceipt(order: ErasureOrder, erased: ErasureCounts): Promise<void>;
}

/** @param signal ends it between two steps, to be gone on with by another @throws what a step throws; then it is to be begun again */
export async function erasePerson(order: ErasureOrder, ports: ErasePorts, signal: AbortSignal): Promise<void> {
  if ((await ports.orders.findDone(order.id)) !== undefined) return;
  const { person } = order;
  const found = (await ports.orders.findFound(order.id)) ?? (await ports.orders.keepFound(order.id, await findAll(order, ports)));
  for (const { videoId, linkId } of found.links) {
    signal.throwIfAborted();
    await ports.endLink(videoId, linkId);
  }
  let sharedVideos = 0;
  for (const { tenant, id } of found.videos) {
    signal.throwIfAborted();
    await ports.forgetPoster(id, person);
    const isShared = order.videos === "erase" && (await ports.hasPosters(id)); // asked after that: of two who leave at once, one is the last
    if (isShared) sharedVideos++;
    if (order.videos === "erase" && !isShared) await ports.removeVideo(id);
    await ports.forgetPosted(person, tenant, id);
  }
  let uploads = 0;
  for (const { tenant, id } of found.uploads) {
    signal.throwIfAborted();
    if (await ports.dropUpload(id)) uploads++;
    await ports.forgetSent(person, tenant, id);
  }
  for (const id of found.keys) await ports.forgetKey(id);
  const erased: ErasureCounts = { videos: found.videos.length - sharedVideos, sharedVideos, uploads, keys: found.keys.length, links: found.links.length };
  await ports.writeReceipt(order, erased);
  const { id, tenant, videos, at } = order;
  await ports.orders.finish({ id, ...(tenant === undefined ? {} : { tenant }), videos, orderedAt: at, endedAt: new Date(ports.now()).toISOString(), erased });
}

/** Keys end before anything is looked for, so that nothing more comes by them. */
async function findAll({ person, tenant }: ErasureOrder, ports: ErasePorts): Promise<Found> {
  const whom = { person, tenant };
  const keys = (await ports.keys(whom)).map(({ id }) => id);
  for (const id of keys) await ports.revokeKey(id);
  const links = (await takeAll(linksOf(whom, ports))).map(({ videoId, linkId }) => ({ videoId, linkId }));
  const [videos, uploads] = [await takeAll(ports.posted(whom)), await takeAll(ports.sent(whom))];
  return { keys, links, videos, uploads };
}
