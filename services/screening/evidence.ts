/** The pictures that a person decides by: stills of the video, made when it was screened, so that they are there whatever becomes of its source. */
import type { ServiceBroker } from "moleculer";
import { fail } from "../../config/errors.ts";
import { sizeStill } from "../../media/asked-time.ts";
import { readReply } from "../../mixins/byte-reply.ts";
import type { StillParams } from "../transcoder/transcoder.contract.ts";
import type { VideoState } from "../videos/videos.contract.ts";

const WIDTH = 640;
const STILL_MS = 40_000;

/** @param at ticks of the video track on the timeline @throws what making it throws */
export async function findStill(broker: ServiceBroker, { record: { id }, plan }: VideoState, at: number): Promise<Buffer> {
  if (plan === undefined) throw fail("not_found", "The video has no plan.");
  return await readReply(await broker.call<unknown, StillParams>("transcoder.still", { videoId: id, at, ...sizeStill(plan.facts, WIDTH), format: "jpg" }, { timeout: STILL_MS }));
}
