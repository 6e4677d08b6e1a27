/** Sheets of previews: made in the background after a video is planned, or when somebody asks first. Key frames only, where they are known. */
import { Readable } from "node:stream";
import { fail } from "../../config/errors.ts";
import { cancelled } from "../../mixins/cancelled.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { writeFragment } from "../../media/cmaf/fragment.ts";
import { writeInit } from "../../media/cmaf/init.ts";
import { reorderDelay, toSamples } from "../../media/cmaf/samples.ts";
import type { FfmpegArguments } from "../../media/ffmpeg/guest.ts";
import { sheetArguments } from "../../media/ffmpeg/sheet-arguments.ts";
import { canFeedPackets } from "../../media/playable.ts";
import { pickSheetFrames, planStoryboard, type SheetFrame } from "../../media/storyboard.ts";
import { videoTrack } from "../../media/tracks.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import type { MadeObjects } from "./made-objects.ts";
import type { Slots } from "./slots.ts";
import { runForBytes, type StillPorts } from "./stills.ts";
import type { Job } from "./workshop.ts";

export interface StoryboardPorts { slots: Slots; objects: MadeObjects; onFailure: StillPorts["onFailure"] }

const TRACK_ID = 1;
const BACKGROUND_NICENESS = 15;

export function openStoryboards({ slots, objects, onFailure }: StoryboardPorts) {
  async function make(job: Job, sheet: number, kind: "play" | "background"): Promise<Buffer> {
    const { facts } = job.plan;
    const storyboard = planStoryboard(facts);
    const run = (args: FfmpegArguments, stdin?: Readable): Promise<Buffer> =>
      runForBytes(job, { arguments: args, niceness: kind === "play" ? 0 : BACKGROUND_NICENESS, ...(stdin === undefined ? {} : { stdin }) }, onFailure);
    return await slots.run(kind, async () => {
      if (canFeedPackets(facts)) {
        const stdin = feedKeyFrames(job, pickSheetFrames(facts, storyboard, sheet));
        return await run(sheetArguments({ facts, storyboard, sheet, input: { kind: "packets", offset: reorderOf(job) } }), stdin);
      }
      return await throughDoor(job.openFile(), (url) => run(sheetArguments({ facts, storyboard, sheet, input: { kind: "file", url } })));
    }, job.signal);
  }

  function check(job: Job, sheet: number): void {
    if (sheet >= planStoryboard(job.plan.facts).sheets) throw fail("segment_not_found", "The video has no such sheet.");
  }

  return {
    /** For somebody who waits. @throws segment_not_found, and like a still */
    async get(job: Job, sheet: number): Promise<Buffer> {
      check(job, sheet);
      const key = objectKeys.sheet(job.videoId, sheet);
      return await objects.getOrMake(job.videoId, key, () => make(job, sheet, "play"));
    },
    /** Sees to it that the store has the sheet. */
    async ensure(job: Job, sheet: number): Promise<void> {
      check(job, sheet);
      await objects.ensure(job.videoId, objectKeys.sheet(job.videoId, sheet), async () => {
        const bytes = await make(job, sheet, "background");
        if ((await job.mayStore?.()) === false) throw cancelled();
        return bytes;
      });
    },
  };
}

export type Storyboards = ReturnType<typeof openStoryboards>;

const reorderOf = ({ plan }: Job): number => reorderDelay(plan.facts.video.frameRate, plan.facts.video.timescale);

/** One key frame at a time, which takes the time of its place on the sheet: a second each. */
function feedKeyFrames(job: Job, frames: readonly SheetFrame[]): Readable {
  const { video } = job.plan.facts;
  const { index, timescale } = video;
  async function* pieces(): AsyncGenerator<Buffer> {
    yield writeInit({ kind: "video", trackId: TRACK_ID, ...videoTrack(video), rotation: 0 });
    for (const [i, { position, pts }] of frames.entries()) {
      const packets = await job.readPackets({ track: "video", index, timescale, from: pts, to: pts + 1 });
      const key = packets.find((packet) => packet.isKey);
      if (key === undefined) continue;
      const at = position * timescale;
      const { baseDecodeTime, samples, data } = toSamples([{ ...key, pts: at }], at + timescale, reorderOf(job));
      yield writeFragment({ sequence: i + 1, trackId: TRACK_ID, baseDecodeTime, samples, data });
    }
  }
  return Readable.from(pieces(), { objectMode: false });
}
