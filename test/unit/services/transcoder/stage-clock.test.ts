import { expect } from "chai";
import { openStageClock } from "../../../../services/transcoder/stage-clock.ts";

describe("the clock of stages", () => {
  let at: number;
  beforeEach(() => { at = 1_000; });
  const now = (): number => at;
  const span = { track: "video", index: 0, timescale: 1, from: 0, to: 1 } as const;

  it("tells the wait for a slot, the source's bytes and the encode apart", async () => {
    const clock = openStageClock("encode", now);
    at += 40;
    clock.begin();
    const read = clock.fetching(async () => { at += 25; return []; });
    await read(span);
    at += 300;
    expect(clock.spent()).to.deep.equal({ wait: 40, fetch: 25, encode: 300 });
  });

  it("knows no wait where there are no slots, and counts reads that fail", async () => {
    const clock = openStageClock("repackage", now);
    const read = clock.fetching(async () => { at += 7; throw new Error("away"); });
    await read(span).catch(() => undefined);
    at += 3;
    expect(clock.spent()).to.deep.equal({ fetch: 7, repackage: 3 });
  });

  it("counts the time of two reads beside each other once, and none that goes on beside the encode", async () => {
    const clock = openStageClock("encode", now);
    clock.begin();
    const ends: (() => void)[] = [];
    const read = clock.fetching(async () => { await new Promise<void>((resolve) => ends.push(resolve)); return []; });
    const [one, two] = [read(span), read(span)];
    at += 20;
    ends[0]?.();
    await one;
    at += 5;
    ends[1]?.();
    await two;
    const ahead = read(span);
    at += 100;
    expect(clock.spent()).to.deep.equal({ wait: 0, fetch: 25, encode: 100 });
    ends[2]?.();
    await ahead;
  });

  it("has for who joins only what they waited", () => {
    const clock = openStageClock("encode", now);
    at += 90;
    expect(clock.joined()).to.deep.equal({ join: 90 });
  });
});
