/**
 * What each video shows, which tunes how it is encoded. Somebody looks once, in the background; the answer is an object of
 * the video, written once, so that every node encodes alike. Until it is there, and where nobody can look, nothing is tuned.
 */
import { LRUCache } from "lru-cache";
import type { ServiceBroker } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { upTo } from "../../config/lru-room.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { parseContentProfile, type ContentProfile, type Profile } from "../../media/content/profile.ts";
import { canFeedPackets } from "../../media/playable.ts";
import { runFfmpeg } from "../../mixins/ffmpeg.ts";
import { putPart, storageCalls } from "../../mixins/storage-calls.ts";
import { lookAtContent } from "./content-look.ts";
import type { Slots } from "./slots.ts";
import type { TwinObjects } from "./twin-objects.ts";
import type { Job } from "./workshop.ts";

const NICENESS = 15;
const KEPT = 1_000;

export function openProfiles(broker: ServiceBroker, slots: Slots, twins: TwinObjects) {
  const storage = storageCalls(broker);
  const known = new LRUCache<string, ContentProfile>(upTo(KEPT));
  /** Those that are being found, or could not be: nobody looks twice. */
  const searches = new LRUCache<string, Promise<void>>(upTo(KEPT));

  async function read(videoId: string): Promise<ContentProfile | undefined> {
    const key = objectKeys.profile(videoId);
    const bytes = (await storage.get(key)) ?? (await twins.get(videoId, key));
    return bytes === undefined ? undefined : parseContentProfile(bytes.toString());
  }

  async function search(job: Job): Promise<void> {
    const { videoId, plan, readPackets, signal } = job;
    let profile = await read(videoId);
    if (profile === undefined && canFeedPackets(plan.facts)) {
      const look = await slots.run("background", () => lookAtContent(plan.facts, { readPackets, run: (run) => runFfmpeg({ ...run, niceness: NICENESS, signal }) }), signal);
      if (look.outcome === "unknown") return broker.logger.debug(`Video ${videoId} shows nobody knows what: ${look.message}`);
      await putPart(storage, videoId, objectKeys.profile(videoId), Buffer.from(JSON.stringify(look.profile)));
      profile = await read(videoId); // the first who looked is right
      if (profile !== undefined) broker.logger.info(`Video ${videoId} shows ${profile.profile}: ${profile.reasons.join("; ")}.`);
    }
    if (profile !== undefined) known.set(videoId, profile);
  }

  return {
    /** What is known now. */
    find: (videoId: string): Profile | undefined => known.get(videoId)?.profile,
    /** Finds it where somebody has looked before. A failure costs the tuning and nothing else. */
    async recall(videoId: string): Promise<void> {
      try {
        const profile = known.get(videoId) ?? (await read(videoId));
        if (profile !== undefined) known.set(videoId, profile);
      } catch (error) {
        broker.logger.debug(`Video ${videoId}: what it shows could not be read: ${errorMessage(error)}`);
      }
    },
    /** Finds it, looking if need be. A failure costs the tuning and nothing else. */
    async learn(job: Job): Promise<void> {
      const searching = searches.get(job.videoId) ?? search(job).catch((error: unknown) => {
        searches.delete(job.videoId);
        broker.logger.debug(`Video ${job.videoId} could not be looked at: ${errorMessage(error)}`);
      });
      searches.set(job.videoId, searching);
      await searching;
    },
    forget(videoId: string): void {
      known.delete(videoId);
      searches.delete(videoId);
    },
  };
}

export type Profiles = ReturnType<typeof openProfiles>;
