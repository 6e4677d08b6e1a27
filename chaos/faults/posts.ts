/** Posts of videos, and what is asked about them, by somebody who has patience while the mesh is in trouble. */
import { setTimeout as delay } from "node:timers/promises";
import { segmentCount, videoRenditions } from "../../test/support/viewer.ts";
import type { FaultyMesh } from "./faulty-mesh.ts";
import { within } from "./within.ts";

const PATIENCE_MS = 120_000;
const AGAIN_MS = 250;

/** @param wrong gets what was refused otherwise than because the store is full, or for now with a code and when to ask again @returns its id */
export async function postUntilAccepted({ lectern, origin }: FaultyMesh, path: string, wrong: string[]): Promise<string> {
  return await within(PATIENCE_MS, "the post is accepted", async () => {
    const answer = await lectern.postRaw({ url: `${origin.url}${path}`, policy: "eager" }).catch(() => undefined); // the gateway may be away; who waits too long is told
    if (answer === undefined) return undefined; // the gateway is away
    const { id, code } = (await answer.json()) as { id?: string; code?: string };
    if (answer.ok) return id;
    const retryAfter = answer.headers.get("retry-after");
    if (code !== "storage_full" && (answer.status !== 503 || code === undefined || retryAfter === null)) wrong.push(`a post was answered ${answer.status} ${code ?? "without a code"}, Retry-After ${retryAfter ?? "missing"}`);
    await delay(AGAIN_MS);
    return undefined;
  });
}

/** @throws Error when it ended otherwise */
export async function isComplete({ lectern }: FaultyMesh, id: string): Promise<boolean> {
  const video = await lectern.get(id).catch(() => undefined); // the gateway may be away
  if (video?.status === "failed" || video?.status === "rejected") throw new Error(`the video is ${video.status}: ${JSON.stringify(video.reasons)}`);
  return video?.status === "complete";
}

/** Of its smallest rendition, once it has playlists. */
export async function segmentUrls({ first, lectern }: FaultyMesh, id: string): Promise<string[]> {
  return await within(PATIENCE_MS, "there are playlists", async () => {
    const rendition = (await videoRenditions(lectern, id).catch(() => [])).at(-1);
    const count = rendition === undefined ? 0 : await segmentCount(lectern, id, rendition).catch(() => 0);
    return count > 0 && Array.from({ length: count }, (_, n) => `${first.httpUrl}/play/${id}/${rendition}/${n}.m4s`);
  });
}
