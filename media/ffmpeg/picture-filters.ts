/** Filters that make of a decoded frame the picture as it is meant to be seen, whatever is made of it. Pure. */
import type { VideoFacts } from "../facts.ts";

/** Weaves fields into frames. Before anything is cut off, for it looks at the frames around; it counts in half ticks. */
export function weave(video: VideoFacts): string[] {
  return video.interlaced ? ["yadif=mode=send_frame", `settb=1/${video.timescale}`] : [];
}

/** From this height on players take pictures for BT.709 when nothing is said, below for BT.601: as browsers do. */
const HD_LINES = 720;

/**
 * Says what players take an unsaid picture for, before it is made smaller and they would take it for something else; and
 * before it becomes a still, whose colours depend on it.
 */
export function sayColours({ matrixUnsaid = false, height }: VideoFacts): string[] {
  return matrixUnsaid && height >= HD_LINES ? ["setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709"] : [];
}

/** For packets; a file's picture FFmpeg turns by itself. */
export function turn({ rotation, mirrored }: VideoFacts): string[] {
  const mirror = mirrored ? ["hflip"] : [];
  switch (rotation) {
    case 0: return mirror;
    case 90: return [...mirror, "transpose=clock"];
    case 180: return [...mirror, "hflip", "vflip"];
    case 270: return [...mirror, "transpose=cclock"];
    default: return rotation satisfies never;
  }
}

/**
 * The scaler's algorithm. Averaging areas takes 0.4 (1080p to 360p) to 0.55 (to 720p) of bicubic's time. Small text is as
 * sharp at 720p and sharper below (SSIM of 1080p slides at 360p: 0.912 against 0.905); nearer to the source's size bicubic stays.
 */
export function scaler(video: VideoFacts, width: number): string {
  return video.displayWidth >= 1.5 * width ? "area" : "bicubic";
}

/**
 * Maps HDR to BT.709, after scaling, for it works in floating point. HDR is BT.2020 (ITU-R BT.2100), also where the
 * stream says only its transfer; zscale refuses what is not said.
 */
export function toSdr(video: VideoFacts): string[] {
  return video.hdr ? ["setparams=color_primaries=bt2020:colorspace=bt2020nc", "zscale=t=linear:npl=100", "format=gbrpf32le", "zscale=p=bt709", "tonemap=hable:desat=0", "zscale=t=bt709:m=bt709:r=tv"] : [];
}
