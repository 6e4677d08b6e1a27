/**
 * Whether a segment's boxes say what the plan and the source say: which frames, when, and from where it can be entered.
 * Exact to the tick. A segment may be several fragments one after another. Pure.
 */
import { errorMessage } from "../../config/errors.ts";
import { readBoxes } from "../cmaf/boxes.ts";
import { readFragment, type Sample } from "../cmaf/fragment.ts";

/** Times in ticks of the rendition's track. */
export interface Expectation {
  /** First decode time, and where the last sample's duration ends. */
  start: number;
  end: number;
  /** How much later than decode times presentation times are: `reorderDelay`; 0 for sound. */
  reorderTicks: number;
  /** Presentation times, ascending, where they are known. */
  times?: readonly number[];
  /** Else, how many frames there are. */
  frames?: number;
  /** Where the source's own frames are served: their bytes in decode order, and which are key frames. */
  packets?: readonly { readonly data: Uint8Array; readonly isKey: boolean }[];
  /** Video begins with its only key frame, unless `packets` say more; every frame of sound is one. */
  kind: "video" | "audio";
}

export const STRUCTURE_FAULTS = ["boxes", "key_frame", "frame_count", "decode_times", "presentation_times", "bytes"] as const;
export type StructureFault = (typeof STRUCTURE_FAULTS)[number];
export interface StructureFinding { fault: StructureFault; detail: string }

export interface Structure {
  findings: StructureFinding[];
  /** As the boxes say, ascending; empty when they can't be read. */
  times: number[];
}

export function checkStructure(bytes: Uint8Array, expected: Expectation): Structure {
  try {
    return judge(readSamples(bytes), expected);
  } catch (error) {
    return { findings: [{ fault: "boxes", detail: errorMessage(error) }], times: [] };
  }
}

interface TimedSample extends Sample { decodeTime: number; data: Buffer }

/** Of all fragments, in decode order, with the end of the last. @throws encode_failed for boxes that are none */
function readSamples(bytes: Uint8Array): { samples: TimedSample[]; joints: { end: number; next: number }[]; end: number } {
  const samples: TimedSample[] = [];
  const joints: { end: number; next: number }[] = [];
  let end = 0;
  for (const fragment of splitFragments(bytes)) {
    const { baseDecodeTime, samples: own, data } = readFragment(fragment);
    if (samples.length > 0) joints.push({ end, next: baseDecodeTime });
    end = baseDecodeTime;
    own.forEach((sample, index) => {
      samples.push({ ...sample, decodeTime: end, data: data[index] ?? Buffer.alloc(0) });
      end += sample.duration;
    });
  }
  return { samples, joints, end };
}

function splitFragments(bytes: Uint8Array): Uint8Array[] {
  const boxes = readBoxes(bytes);
  const starts = boxes.filter(({ type }) => type === "moof").map(({ start }) => start);
  return starts.length < 2 ? [bytes] : starts.map((start, index) => bytes.subarray(index === 0 ? 0 : start, starts[index + 1] ?? bytes.length));
}

function judge({ samples, joints, end }: ReturnType<typeof readSamples>, expected: Expectation): Structure {
  const findings: StructureFinding[] = [];
  const find = (fault: StructureFault, detail: string): void => { findings.push({ fault, detail }); };
  const times = samples.map(({ decodeTime, compositionOffset }) => decodeTime + compositionOffset - expected.reorderTicks).sort((a, b) => a - b);
  const first = samples[0]?.decodeTime ?? 0;

  const wrongKey = samples.findIndex(({ isKey }, index) => isKey !== (expected.packets?.[index]?.isKey ?? (index === 0 || expected.kind === "audio")));
  if (samples[0]?.isKey !== true) find("key_frame", "it does not begin with a key frame");
  else if (wrongKey !== -1) find("key_frame", `frame ${wrongKey} is ${samples[wrongKey]?.isKey === true ? "a" : "no"} key frame`);

  const count = expected.times?.length ?? expected.frames;
  if (count !== undefined && samples.length !== count) find("frame_count", `${samples.length} frames instead of ${count}`);

  const broken = joints.find((joint) => joint.end !== joint.next);
  if (first !== expected.start || end !== expected.end) find("decode_times", `from ${first} to ${end} instead of ${expected.start} to ${expected.end}`);
  else if (broken !== undefined) find("decode_times", `a fragment begins at ${broken.next} where the one before ends at ${broken.end}`);
  else if (samples.some(({ duration }) => duration === 0)) find("decode_times", "a frame has no duration");

  const late = times.findIndex((time, index) => expected.times !== undefined && index < expected.times.length && time !== expected.times[index]);
  const outside = times.findIndex((time, index) => time < expected.start || time >= expected.end || time === times[index - 1]);
  if (late !== -1) find("presentation_times", `frame ${late} is shown at ${times[late]} instead of ${expected.times?.[late]}`);
  else if (outside !== -1) find("presentation_times", `frame ${outside} is shown at ${times[outside]}, twice or outside of the segment`);

  const { packets } = expected;
  const changed = packets === undefined ? -1 : samples.findIndex(({ data }, index) => !data.equals(packets[index]?.data ?? Buffer.alloc(0)));
  if (changed !== -1) find("bytes", `frame ${changed} is not the source's`);
  return { findings, times };
}
