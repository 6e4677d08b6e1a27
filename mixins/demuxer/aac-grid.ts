/**
 * AAC in Matroska. Its frames follow one another without a gap, each of 1024 samples, but their times are rounded to the
 * file's ticks, mostly milliseconds. On the grid of frames that begins with the first one their times are exact again, and
 * the sound can be served as it is.
 */
import { EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import { AAC_FRAME } from "../../media/aac.ts";
import { toBytes } from "./to-bytes.ts";

/** Times in samples. */
export interface AacGrid {
  sampleRate: number;
  start: number;
  /** The time on the grid of a packet that is said to begin at so many seconds. */
  timeOf(seconds: number): number;
}

/** Packets that are held against the grid, spread over the sound: after a pause, or with a clock of its own, it is off by more than a rounding. */
const EXAMINED_PACKETS = 4;
const ROUNDING_SEC = 0.0015;
const MORE = { metadataOnly: true } as const;

/** The grid that begins with the track's first packet. */
export async function openAacGrid(track: InputAudioTrack): Promise<AacGrid | undefined> {
  const sampleRate = await track.getSampleRate();
  const first = await new EncodedPacketSink(track).getFirstPacket(MORE);
  if (first === null) return undefined;
  const start = Math.round(first.timestamp * sampleRate);
  return { sampleRate, start, timeOf: (seconds) => start + Math.round((seconds * sampleRate - start) / AAC_FRAME) * AAC_FRAME };
}

/** Where the sound begins and ends on its grid; undefined where it is not such AAC, or is off the grid. `end`: seconds, as the container says. */
export async function findAacSpan(track: InputAudioTrack, end: number): Promise<{ timescale: number; start: number; end: number } | undefined> {
  const config = await track.getDecoderConfig();
  if (config?.codec !== "mp4a.40.2" || config.description === undefined || !hasUsualFrames(toBytes(config.description))) return undefined;
  const grid = await openAacGrid(track);
  if (grid === undefined) return undefined;
  const sink = new EncodedPacketSink(track);
  const begin = grid.start / grid.sampleRate;
  const examined = await Promise.all(Array.from({ length: EXAMINED_PACKETS }, async (_, i) => await sink.getPacket(begin + ((i + 1) * (end - begin)) / EXAMINED_PACKETS, MORE)));
  const isOn = (seconds: number): boolean => Math.abs(seconds - grid.timeOf(seconds) / grid.sampleRate) <= ROUNDING_SEC;
  const last = examined.at(-1);
  if (last === null || last === undefined || !examined.every((packet) => packet !== null && isOn(packet.timestamp))) return undefined;
  return { timescale: grid.sampleRate, start: grid.start, end: grid.timeOf(last.timestamp) + AAC_FRAME };
}

/** Frames of 1024 samples, not of 960: AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1) of AAC-LC at a rate of the table. */
function hasUsualFrames([first = 0, second = 0]: Uint8Array): boolean {
  const rateIndex = ((first & 7) << 1) | (second >> 7);
  return first >> 3 === 2 && rateIndex < 13 && (second & 4) === 0;
}
