/**
 * Sources of many kinds, cut at frames picked at random: whatever the cut and the order in which segments are made, joined
 * they are one pass over the source.
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { isKept } from "../../media/frame-rate.ts";
import { planOf } from "../../media/plan-video.ts";
import type { Plan } from "../../media/plan.ts";
import { openFolder, type Folder } from "../support/cmaf-media.ts";
import { makeOddSource, ODD_SOURCES, type OddSource } from "../support/odd-sources.ts";
import { decodePictures, largestShift, misplaced, type Decoded } from "../support/one-pass.ts";
import { planFile, type PlannedFile } from "../support/plan-file.ts";
import { openSegmentMaker, type SegmentMaker } from "../support/segment-maker.ts";

const SECONDS = 4;
/** Of a copy or of a container that counts milliseconds. */
const TICK_SEC = 0.0011;

interface Staged { file: PlannedFile; times: number[]; reference: Decoded }

/** As if no player could show the source: an encode of its own size. */
function encoded({ facts, ...file }: PlannedFile): PlannedFile & { plan: Plan } {
  const changed = { ...facts, video: { ...facts.video, changesMidway: true } };
  return { ...file, facts: changed, plan: planOf(changed) };
}

describe("segments cut at random frames, joined", function () {
  this.timeout(120_000);
  let folder: Folder;
  let maker: SegmentMaker;
  const staged = new Map<OddSource, Promise<Staged>>();

  before(async () => {
    folder = await openFolder();
    maker = await openSegmentMaker();
  });
  after(async () => {
    await maker.close();
    await folder.remove();
  });

  async function stage(odd: OddSource): Promise<Staged> {
    const path = await makeOddSource(folder.path(`${ODD_SOURCES.indexOf(odd)}.${odd.extension}`), odd, SECONDS);
    const file = encoded(await planFile(path));
    const { video } = file.facts;
    const [times, whole] = [await maker.frameTimes(file), await decodePictures(path)];
    const isShown = (_: unknown, i: number): boolean => isKept(times[i] ?? 0, video);
    const reference = { ...whole, times: whole.times.filter(isShown), pictures: whole.pictures.filter(isShown) };
    return { file, times: times.filter((time) => isKept(time, video)), reference };
  }

  /** Fractions of the frames, from 0 to 1, at which is cut; and an order of the segments. */
  async function check(odd: OddSource, cuts: readonly number[], shuffle: readonly number[]): Promise<void> {
    const staging = staged.get(odd) ?? stage(odd);
    staged.set(odd, staging);
    const { file, times, reference } = await staging;
    const end = file.plan.boundaries.at(-1) ?? 0;
    const boundaries = [...new Set([0, ...cuts.map((cut) => times[Math.floor(cut * times.length)] ?? 0)])].toSorted((a, b) => a - b);
    const { facts } = file;
    const splitFrames = boundaries.map((tick) => tick + facts.originTicks); // frames of the source, and no stills
    const plan: Plan = { ...file.plan, facts: { ...facts, video: { ...facts.video, splitFrames } }, boundaries: [...boundaries, end] };
    const [rendition] = plan.video;
    if (rendition === undefined) throw new Error("no rendition");
    const order = boundaries.map((_, n) => n).toSorted((a, b) => (shuffle[a] ?? 0) - (shuffle[b] ?? 0));
    const joined = await decodePictures(await folder.write("joined.mp4", await maker.join({ ...file, plan }, rendition.name, order)));
    const shown = `${odd.name}, cut at ${boundaries.map((tick) => `${times.indexOf(tick)}`).join(" ")}`;
    expect(joined.pictures.length, `${shown}: frames`).to.equal(reference.pictures.length);
    expect(misplaced(joined, reference), `${shown}: frames that are not where they belong`).to.deep.equal([]);
    expect(largestShift(joined, reference), `${shown}: seconds off`).to.be.at.most(TICK_SEC);
    expect(joined.complaints, `${shown}: complaints`).to.deep.equal([]);
  }

  const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
  const cut = fc.tuple(fc.array(fraction, { minLength: 1, maxLength: 3 }), fc.array(fraction, { minLength: 4, maxLength: 4 }));
  for (const odd of ODD_SOURCES) {
    it(`are one pass: ${odd.name}`, () => fc.assert(fc.asyncProperty(cut, ([cuts, shuffle]) => check(odd, cuts, shuffle)), { numRuns: 1, endOnFailure: true }));
  }
});
