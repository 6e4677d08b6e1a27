import { expect } from "chai";
import { findLag, isHeard, isSilent, measureLoudness } from "../../../../media/quality/sound.ts";

const RATE = 8_000;
/** `level` says how loud it is at each second. */
function pcm(seconds: number, level: (second: number) => number): Buffer {
  const bytes = Buffer.alloc(seconds * RATE * 2);
  for (let at = 0; at < seconds * RATE; at++) bytes.writeInt16LE(Math.round(level(at / RATE) * 20_000 * Math.sin(at)), at * 2);
  return bytes;
}
/** Words of uneven length. */
const speech = (second: number): number => (Math.sin(second * 7.3) * Math.sin(second * 2.1) > 0.1 ? 1 : 0);

describe("the sound of a segment", () => {
  it("is silence when nothing in it can be heard", () => {
    expect(isSilent(measureLoudness(pcm(2, () => 0), RATE))).to.equal(true);
    expect(isSilent(measureLoudness(pcm(2, (at) => (at > 1.9 ? 1 : 0)), RATE))).to.equal(false);
    expect(isHeard(measureLoudness(pcm(2, speech), RATE))).to.equal(true);
    expect(isHeard(measureLoudness(pcm(2, () => 0.001), RATE))).to.equal(false);
    expect(isSilent(measureLoudness(Buffer.alloc(0), RATE))).to.equal(true);
  });

  it("is late or early when it fits the source's better elsewhere", () => {
    const source = measureLoudness(pcm(4, speech), RATE);
    expect(findLag(source, source)).to.equal(undefined);
    expect(findLag(measureLoudness(pcm(4, (at) => speech(at - 0.2)), RATE), source)).to.be.closeTo(0.2, 0.01);
    expect(findLag(measureLoudness(pcm(4, (at) => speech(at + 0.1)), RATE), source)).to.be.closeTo(-0.1, 0.01);
    expect(findLag(measureLoudness(pcm(4, (at) => speech(at - 0.02)), RATE), source), "nobody notices").to.equal(undefined);
  });

  it("says nothing of time when it is steady, too short, or another's", () => {
    const steady = measureLoudness(pcm(4, () => 1), RATE);
    expect(findLag(steady, steady)).to.equal(undefined);
    expect(findLag(measureLoudness(pcm(4, (at) => speech(at * 1.7 + 3)), RATE), measureLoudness(pcm(4, speech), RATE))).to.equal(undefined);
    // A tone beats with the windows: its ripple fits well a fifth of a second later.
    const tone = (phase: number): Buffer => Buffer.concat(Array.from({ length: 2 * RATE }, (_, at) => { const sample = Buffer.alloc(2); sample.writeInt16LE(Math.round(4_000 * Math.sin((2 * Math.PI * 330 * at) / RATE + phase))); return sample; }));
    expect(findLag(measureLoudness(tone(1), RATE), measureLoudness(tone(0), RATE))).to.equal(undefined);
    const short = measureLoudness(Buffer.alloc(2_000), RATE);
    expect(findLag(short, short)).to.equal(undefined);
  });
});
