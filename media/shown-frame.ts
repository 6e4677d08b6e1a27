/** Which frame of a video is shown at a time, and what has to be decoded to see it. Pure. */
import type { Packet } from "./cmaf/samples.ts";
import type { VideoFacts } from "./facts.ts";

/** `pts`: the frame's own time; `packets`: in decode order, the frame's is the last. */
export interface ShownFrame { pts: number; packets: Packet[] }

/**
 * The last frame whose time is not after `at`; the first one where none is. `packets` in decode order from a key frame,
 * all that are shown at or before `at` among them. Interlaced pictures are woven with the next one, so there all are kept.
 */
export function findShownFrame(video: VideoFacts, packets: readonly Packet[], at: number): ShownFrame | undefined {
  const shown = packets.reduce<Packet | undefined>((best, packet) => (packet.pts <= at && packet.pts >= (best?.pts ?? -Infinity) ? packet : best), undefined)
    ?? packets.reduce<Packet | undefined>((first, packet) => (packet.pts < (first?.pts ?? Infinity) ? packet : first), undefined);
  if (shown === undefined) return undefined;
  const { pts } = shown;
  if (video.interlaced) return { pts, packets: [...packets] };
  const needed = packets.slice(0, packets.indexOf(shown) + 1);
  return { pts, packets: needed.filter((packet) => packet === shown || !isDisposable(video, packet)) };
}

/** H.264 frames to which no other refers (nal_ref_idc 0, ITU-T H.264 7.4.1): half of a usual stream's. */
function isDisposable({ codec, configuration }: VideoFacts, { data, isKey }: Packet): boolean {
  if (codec !== "h264" || isKey || configuration === undefined) return false;
  const lengthSize = ((Buffer.from(configuration.slice(0, 8), "base64")[4] ?? 3) & 3) + 1;
  for (let at = 0; at + lengthSize < data.length;) {
    let length = 0;
    for (let i = 0; i < lengthSize; i++) length = length * 256 + (data[at + i] ?? 0);
    const head = data[at + lengthSize] ?? 0;
    const type = head & 0x1f;
    if (type >= 1 && type <= 5) return (head & 0x60) === 0;
    at += lengthSize + length;
  }
  return false;
}
