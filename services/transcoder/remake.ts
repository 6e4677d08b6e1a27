/** Makes one segment anew, with other settings than the usual, because what was made is not good. In the background. */
import { fail } from "../../config/errors.ts";
import type { Effort } from "../../media/ffmpeg/effort.ts";
import type { Rendition } from "../../media/plan.ts";
import { ffmpegError } from "../../mixins/ffmpeg.ts";
import { encodeAudio, encodeVideo, type EncodeJob } from "./encode.ts";
import { repackageAudio, repackageVideo } from "./repackage.ts";
import type { Slots } from "./slots.ts";
import type { Job } from "./workshop.ts";

const NICENESS = 15;

/** @throws encode_failed also when the result would not go with the rendition's `init`; what it throws is no worse than what was made before */
export async function remake(job: Job, slots: Slots, rendition: Rendition, segment: number, effort: Effort, init: Buffer): Promise<Buffer> {
  if (rendition.mode === "repackage") {
    return rendition.kind === "video" ? await repackageVideo(job.plan, segment, job.readPackets) : await repackageAudio(job.plan, rendition, segment, job.readPackets);
  }
  const chunks: Buffer[] = [];
  const encodeJob: EncodeJob = {
    ...job, first: segment, last: segment, threads: 1, niceness: NICENESS, lane: "background", profile: job.profile?.(), effort,
    onInit(_, bytes) { if (!bytes.equals(init)) throw fail("encode_failed", "Other settings made another init segment."); },
    onChunk: (_name, _segment, bytes) => { chunks.push(bytes); },
    onEnd: () => undefined,
  };
  await slots.run("background", async () => {
    const error = ffmpegError(rendition.kind === "video" ? await encodeVideo(encodeJob, [rendition]) : await encodeAudio(encodeJob, rendition));
    if (error !== undefined) throw error;
  }, job.signal);
  return Buffer.concat(chunks);
}
