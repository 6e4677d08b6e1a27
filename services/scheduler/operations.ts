/** What an operator may do to a video's work. */
import { fail } from "../../config/errors.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import type { Feeder, FeederPorts } from "./feeder.ts";

export interface OperationsPorts extends Pick<FeederPorts, "state" | "finish" | "now"> {
  queue: Pick<WorkQueue<ChunkParams>, "revive">;
  feeder: Pick<Feeder, "feed">;
  /** @throws video_not_found, conflict */
  reopen(videoId: string): Promise<void>;
}

export function openOperations({ queue, feeder, state, finish, reopen, now }: OperationsPorts) {
  return {
    /** Gives a video that failed, and its work that was set aside, another chance. @throws video_not_found, conflict */
    async retry(videoId: string): Promise<void> {
      const found = await state(videoId);
      const goesOn = found !== undefined && found.outcome === undefined && found.verdict?.accepted !== false;
      if (goesOn) throw fail("conflict", "The video has not ended: there is nothing to retry.");
      // First its work: a scheduler that found a reopened video with work set aside would end it again.
      if (found?.outcome?.complete === false) await queue.revive(videoId);
      await reopen(videoId);
      if ((await state(videoId))?.plan !== undefined) await feeder.feed(videoId);
    },
    /** Ends a video's work in the background; what is there plays on. @throws video_not_found, conflict */
    async cancel(videoId: string): Promise<void> {
      const found = await state(videoId);
      if (found === undefined) throw fail("video_not_found", "There is no such video.");
      if (found.outcome !== undefined || found.verdict?.accepted === false) throw fail("conflict", "The video has no work left to cancel.");
      await finish(videoId, { complete: false, at: now().toISOString(), reasons: [{ class: "cancelled", message: "An operator cancelled the rest of its work." }] });
    },
  };
}

export type Operations = ReturnType<typeof openOperations>;
