/** Shows a few parts of a video to the watch of a screening, and keeps some pictures in colour for the classifier. */
import { canFeedPackets } from "../../media/playable.ts";
import { openPictureWatch, type PictureWatch } from "../../media/screening/picture-watch.ts";
import { chooseSpans, type ScreeningSpan } from "../../media/screening/spans.ts";
import type { Packet } from "../../mixins/demuxer/demuxer.contract.ts";
import { throughDoor } from "../../mixins/source-door.ts";
import { decodeFile, decodePackets } from "./decode-pictures.ts";
import type { Screened } from "./open-screened.ts";

/** Of the source whose frames can be fed: a bound on what is decoded, in frames. */
const MAX_FRAMES = 4_000;
/** What is fed to one run of FFmpeg, more or less, and what is read of one span: ten seconds at 40 Mbit/s. */
const BATCH_BYTES = 8 * 1024 * 1024;
const MAX_GROUP_BYTES = 48 * 1024 * 1024;
/** Of any other: so many looks, each a run of FFmpeg that seeks. */
const FILE_LOOKS = 6;
const FILE_LOOK_FRAMES = 60;

/** 224 × 224, red, green, blue. `at` as `HashedFrame` has it. */
export interface ColourPicture { at: number; pixels: Uint8Array }

/** @param wantsColour whether anybody classifies */
export async function lookAtPictures(screened: Screened, wantsColour: boolean): Promise<{ watch: PictureWatch; pictures: ColourPicture[] }> {
  const { facts } = screened.plan;
  const watch = openPictureWatch(facts.video.timescale, facts.originTicks);
  return { watch, pictures: canFeedPackets(facts) ? await lookByPackets(screened, watch, wantsColour) : await lookByTime(screened, watch, wantsColour) };
}

/** A span's packets, from its key frame on in decode order. */
interface Group { span: ScreeningSpan; packets: readonly Packet[] }

async function lookByPackets(screened: Screened, watch: PictureWatch, wantsColour: boolean): Promise<ColourPicture[]> {
  const { video, originTicks } = screened.plan.facts;
  const keys: Packet[] = [];
  let batch: Group[] = [];
  let [frames, bytes] = [0, 0];
  for (const span of chooseSpans(video)) {
    const packets = upTo(MAX_GROUP_BYTES, (await screened.readPackets(span.from, span.to)).slice(0, MAX_FRAMES - frames));
    const [key] = packets;
    if (key === undefined) continue;
    frames += packets.length;
    bytes += sizeOf(packets);
    batch.push({ span, packets });
    if (wantsColour && key.isKey) keys.push({ ...key, data: key.data.slice() }); // a view would keep all of the span in memory
    if (bytes < BATCH_BYTES) continue;
    await watchGroups(screened, watch, batch);
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) await watchGroups(screened, watch, batch);
  const pictures: ColourPicture[] = [];
  if (keys.length > 0) await decodePackets(screened, "colour", keys, (pixels, n) => pictures.push({ at: Math.max(0, (keys[n]?.pts ?? 0) - originTicks), pixels }));
  return pictures;
}

/** One run of FFmpeg, which shows the frames in order of time: which span each is of, and whether it is one of its moments, is known. */
async function watchGroups(screened: Screened, watch: PictureWatch, groups: readonly Group[]): Promise<void> {
  const shown = groups.flatMap(({ span, packets }) => {
    const times = packets.map(({ pts }) => pts).toSorted((a, b) => a - b);
    const wanted = new Set(span.moments.map((moment) => times.findLast((time) => time <= moment)));
    return times.map((time, n) => ({ time, first: n === 0, wanted: wanted.has(time) }));
  });
  await decodePackets(screened, "grey", groups.flatMap(({ packets }) => packets), (luma, n) => {
    const frame = shown[n];
    if (frame === undefined) return;
    if (frame.first) watch.cut();
    watch.frame(luma, frame.time, frame.wanted);
  });
}

const sizeOf = (packets: readonly Packet[]): number => packets.reduce((sum, { data }) => sum + data.byteLength, 0);

/** The first of them that fit. */
function upTo(maxBytes: number, packets: readonly Packet[]): readonly Packet[] {
  let bytes = 0;
  const end = packets.findIndex(({ data }) => (bytes += data.byteLength) > maxBytes);
  return end < 0 ? packets : packets.slice(0, end);
}

async function lookByTime(screened: Screened, watch: PictureWatch, wantsColour: boolean): Promise<ColourPicture[]> {
  const { video, originTicks } = screened.plan.facts;
  const pictures: ColourPicture[] = [];
  for (let look = 0; look < FILE_LOOKS; look++) {
    const from = Math.floor(video.start + ((video.end - video.start) * (look + 0.5)) / FILE_LOOKS);
    const micros = Math.max(0, Math.floor((from / video.timescale) * 1e6));
    watch.cut();
    await throughDoor(screened.openFile(), (url) => decodeFile(screened, "grey", url, micros, FILE_LOOK_FRAMES, (luma, n) => {
      watch.frame(luma, from + Math.round((n * video.timescale * video.frameRate.den) / video.frameRate.num), n === 0);
    }));
    if (wantsColour) await throughDoor(screened.openFile(), (url) => decodeFile(screened, "colour", url, micros, 1, (pixels) => pictures.push({ at: Math.max(0, from - originTicks), pixels })));
  }
  return pictures;
}
