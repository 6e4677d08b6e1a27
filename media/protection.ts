/** How a video's media travel to the player. What is stored is the same under each. Pure. */
import type { VideoCodec } from "./video-encoders.ts";

/** `aes-128`: HLS' encryption of whole segments; `cbcs`: of samples, CMAF's, for HLS and DASH. */
export const PROTECTIONS = ["none", "aes-128", "cbcs"] as const;
export type Protection = (typeof PROTECTIONS)[number];

/** What is encrypted by samples is encoded in H.264 alone: slices of other codecs are not read here. Sound is AAC anyway. */
export function codecsUnder(protection: Protection, codecs: readonly VideoCodec[]): readonly VideoCodec[] {
  return protection === "cbcs" ? ["h264"] : codecs;
}
