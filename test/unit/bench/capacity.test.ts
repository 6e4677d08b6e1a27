import { expect } from "chai";
import { capacity } from "../../../bench/capacity.ts";
import { openHoltWinters } from "../../../bench/capacity/holt-winters.ts";
import { fixed, ours, reactive } from "../../../bench/capacity/policies.ts";
import { replay, type Policy } from "../../../bench/capacity/replay.ts";
import { openChance } from "../../../bench/placement/chance.ts";
import { paces, runMesh } from "../../../bench/scale/large-mesh.ts";

const HOUR = 3_600;
const TERMS = { slotsEach: 2, leadSec: 120, use: 0.6 };
const demandOf = (load: (second: number) => number, seconds = 4 * HOUR) => ({ seconds, work: Float32Array.from({ length: seconds }, (_, second) => load(second)), jobs: 0, lectures: [] });
const play = (load: (second: number) => number, policy: Policy, leadSec = 120) => replay(demandOf(load), policy, { from: 0, slotsEach: 2, leadSec });

describe("the replay of a term's encodes", () => {
  it("has nobody wait where there is room, and counts the hours of what is there", () => {
    expect(play(() => 4, fixed(2))).to.deep.equal({ p95: 0, p99: 0, late: 0, nodeHours: 8, most: 2 });
  });

  it("has work wait for slots that are not there, in turn", () => {
    const burst = play((second) => (second === HOUR ? 60 : 0.1), fixed(1));
    expect(burst.p95).to.equal(0); // the burst itself finds an empty line, and is what the next wait for
    expect(burst.late).to.be.within(0.001, 0.02);
    expect(play(() => 3, fixed(1)).late).to.be.greaterThan(0.9);
  });

  it("lets what is asked for take work only after the lead", () => {
    const step = (second: number): number => (second < 2 * HOUR ? 1 : 8);
    const [slow, quick] = [play(step, reactive(TERMS), 600), play(step, reactive(TERMS), 60)];
    expect(slow.late).to.be.greaterThan(2 * quick.late);
    expect(quick.most).to.be.within(7, 30);
  });
});

describe("Holt-Winters", () => {
  it("knows a season after two of them", () => {
    const values = Float64Array.from({ length: 40 }, (_, n) => (n % 10 === 3 ? 9 : 1));
    const model = openHoltWinters(values, 10);
    expect(model.at(40, 3).p50).to.be.closeTo(9, 1);
    expect(model.at(40, 4).p50).to.be.closeTo(1, 1);
  });
});

describe("a large mesh in simulation", () => {
  it("makes every call once its nodes are there, also those of nodes that die", () => {
    const size = { nodes: 12, callers: 3, seconds: 12, use: 0.5, churn: 0.25 };
    const { calls, again, waitsMs, told } = runMesh(size, paces["once a second"], openChance(1));
    expect(again).to.be.greaterThan(0);
    expect(waitsMs).to.have.length(calls - again);
    expect(told).to.be.within(1, 5);
  });
});

describe("a term's transcoders by the forecast", function () {
  this.timeout(30_000);
  /** A lecture hall twice a week at ten, for four weeks: a wave of encodes at the bell, beside a little all day. */
  const week = 7 * 24 * HOUR;
  const chance = openChance(7);
  const demand = demandOf((second) => {
    const [day, hour] = [Math.floor((second % week) / (24 * HOUR)), ((second % (24 * HOUR)) / HOUR) - 9]; // by the clock of UTC+1
    const bell = (day === 1 || day === 3) && hour >= 0 && hour < 0.5 ? 12 * (1 - hour) : 0;
    return (0.4 + bell) * (0.5 + chance.next());
  }, 4 * week + 34 * HOUR); // to ten on the fifth Tuesday
  const run = (policy: Policy) => replay(demand, policy, { from: 4 * week + 31 * HOUR, slotsEach: 2, leadSec: 120 });

  it("has fewer wait than who only follows, and costs less than always being ready for the most", () => {
    const [followed, foreseen, always] = [run(reactive(TERMS)), run(ours(demand, TERMS)), run(fixed(13))];
    expect(foreseen.late).to.be.lessThan(followed.late / 3);
    expect(foreseen.nodeHours).to.be.lessThan(always.nodeHours / 2);
  });
});

describe("npm run bench -- capacity", () => {
  it("prints what each policy and each forecast came to", async () => {
    const lines: string[] = [];
    const { log } = console;
    console.log = (text: string) => lines.push(text);
    try {
      await capacity.run(["--seeds", "1", "--schools", "1", "--views", "400", "--hours", "2"]);
    } finally {
      console.log = log;
    }
    const text = lines.join("\n");
    for (const name of ["fixed, at the peak", "reactive", "ours", "who knows the next means of five minutes", "24 h ahead: Holt-Winters"]) expect(text).to.match(new RegExp(`^\\| ${name} +(\\| +\\d+(\\.\\d+)? )+\\|$`, "m"));
  }).timeout(60_000);
});
