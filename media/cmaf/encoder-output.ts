/**
 * FFmpeg's fragmented MP4 on a pipe, as it comes: one run writes an init segment and then fragments. What becomes of
 * those of video is in `retimer`. Everything here throws `encode_failed`.
 *
 *   createFragmentSplitter(maxBoxBytes).push(chunk) → ({ kind: "init", bytes } | { kind: "fragment", bytes })[];  .end()
 *   sliceAudio(fragments, { dropFrames, frames, frameDuration, baseDecodeTime, sequence, trackId? }) → Buffer
 */
import { fail } from "../../config/errors.ts";
import { asBuffer } from "../as-buffer.ts";
import { malformed, parseBoxHeader } from "./boxes.ts";
import { readFragment, writeFragment } from "./fragment.ts";

export type SplitterEvent = { kind: "init"; bytes: Buffer } | { kind: "fragment"; bytes: Buffer };

export interface FragmentSplitter {
  /** What became complete with this chunk, in order. The chunk is kept, not copied: nobody may write into it again. */
  push(chunk: Uint8Array): SplitterEvent[];
  /** Throws when the output stopped in the middle of something. */
  end(): void;
}

/** `maxBoxBytes` bounds what is held in memory: a box that announces more is an error at once. */
export function createFragmentSplitter(maxBoxBytes: number): FragmentSplitter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let fileType: Buffer | undefined;
  let movieFragment: Buffer | undefined;

  /** Joins only when a whole box (or its header) is there: joining at every chunk would copy a large box over and over. */
  function join(): Buffer {
    const [only, more] = pending;
    const whole = only && !more ? only : Buffer.concat(pending, pendingBytes);
    pending = [whole];
    return whole;
  }

  let wanted = 8;
  function takeBox(): { type: string; bytes: Buffer } | undefined {
    while (pendingBytes >= wanted) {
      const bytes = join();
      const header = parseBoxHeader(bytes.subarray(0, 16));
      if (!header) { wanted = 16; continue; }
      if (header.size === 0) throw malformed("a box in a pipe has no end");
      if (header.size > maxBoxBytes) throw malformed("a box is larger than is allowed", { type: header.type, size: header.size });
      if (bytes.length < header.size) { wanted = header.size; continue; }
      const rest = bytes.subarray(header.size);
      pending = rest.length > 0 ? [rest] : [];
      pendingBytes = rest.length;
      wanted = 8;
      return { type: header.type, bytes: bytes.subarray(0, header.size) };
    }
    return undefined;
  }

  function accept(type: string, bytes: Buffer): SplitterEvent | undefined {
    switch (type) {
      case "ftyp": fileType = bytes; return undefined;
      case "moov": {
        if (!fileType) throw malformed("moov without ftyp");
        const init = Buffer.concat([fileType, bytes]);
        fileType = undefined;
        return { kind: "init", bytes: init };
      }
      case "moof":
        if (movieFragment) throw malformed("moof without mdat");
        movieFragment = bytes;
        return undefined;
      case "mdat": {
        if (!movieFragment) throw malformed("mdat without moof");
        const fragment = Buffer.concat([movieFragment, bytes]);
        movieFragment = undefined;
        return { kind: "fragment", bytes: fragment };
      }
      default: return undefined; // styp, sidx, prft, mfra: nothing that a stored segment needs
    }
  }

  return {
    push(chunk) {
      pending.push(asBuffer(chunk));
      pendingBytes += chunk.length;
      const events: SplitterEvent[] = [];
      for (let taken = takeBox(); taken; taken = takeBox()) {
        const event = accept(taken.type, taken.bytes);
        if (event) events.push(event);
      }
      return events;
    },
    end() {
      if (pendingBytes > 0 || movieFragment || fileType) throw malformed("the output stops in the middle of a box or fragment");
    },
  };
}

export interface SliceParams {
  /** Frames at the run's beginning that only primed the encoder. */
  dropFrames: number;
  frames: number;
  /** Ticks of one frame: 1024 for AAC where the timescale is the sample rate. */
  frameDuration: number;
  /** Where the first frame kept belongs; a multiple of `frameDuration` on the codec's grid. */
  baseDecodeTime: number;
  sequence: number;
  trackId?: number;
}

/** Frames [dropFrames, dropFrames + frames) of an audio run, as one fragment. */
export function sliceAudio(fragments: readonly Uint8Array[], params: SliceParams): Buffer {
  const { dropFrames, frames, frameDuration, baseDecodeTime, sequence } = params;
  const read = fragments.map((fragment) => readFragment(fragment));
  const all = read.flatMap((fragment) => fragment.data);
  const data = all.slice(dropFrames, dropFrames + frames);
  if (frames < 1 || data.length < frames) {
    throw fail("encode_failed", "the audio run is too short", { dropFrames, frames, encoded: all.length });
  }
  const samples = data.map((bytes) => ({ size: bytes.length, duration: frameDuration, compositionOffset: 0, isKey: true }));
  return writeFragment({ sequence, trackId: params.trackId ?? read[0]?.trackId ?? 1, baseDecodeTime, samples, data });
}
