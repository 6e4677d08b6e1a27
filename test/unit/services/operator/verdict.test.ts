import { expect } from "chai";
import { judge, type Seen } from "../../../../services/operator/overview/verdict.ts";
import type { OverviewNode, OverviewQueue } from "../../../../services/operator/overview.contract.ts";

describe("verdict: whether learners wait", () => {
  const lane = { waiting: 0, active: 0, failed: 0, paused: false };
  const node = (id: string, changes: Partial<OverviewNode> = {}): OverviewNode => ({ id, state: "active", reasons: [], services: ["transcoder"], slots: { total: 2, play: 0, background: 0, waiting: 0 }, ...changes });
  const region = (name: string, ...nodes: OverviewNode[]) => ({ name, nodes, count: nodes.length, accepting: nodes.filter(({ state }) => state === "active").length });
  const queue = (play: Partial<OverviewQueue["lanes"]["play"]> = {}, bulk: Partial<OverviewQueue["lanes"]["play"]> = {}): OverviewQueue => ({ own: true, lanes: { play: { ...lane, ...play }, normal: lane, bulk: { ...lane, ...bulk } }, tenants: [] });
  const seen = (changes: Partial<Seen> = {}): Seen => ({
    regions: [region("eu", node("eu-1")), region("us", node("us-1"))], queues: [queue()], encodes: [], encodeCount: 0,
    firstPlays: { count: 0 }, segments: { count: 80, faults: 0, stalls: 0, p50Ms: 4, p95Ms: 42 }, asked: { nodes: 2, answered: 2 }, ...changes,
  });
  const said = (changes: Partial<Seen>): string => { const { level, sentence } = judge(seen(changes)); return `${level} ${sentence}`; };

  it("is calm when nothing waits, and says by what", () => {
    expect(said({})).to.equal("good No. 95 of 100 segments of the last minute were there within 42 ms; 2 nodes take work.");
    expect(said({ segments: { count: 0, faults: 0, stalls: 0 }, regions: [region("eu", node("a"))] })).to.equal("good No. Nobody asked for anything in the last minute; 1 node takes work.");
  });

  it("says where viewers' work waits, how long, and why", () => {
    const busy = { slots: { total: 2, play: 2, background: 0, waiting: 4 } };
    expect(said({ queues: [{ ...queue({ waiting: 9, oldestMs: 12_000 }), region: "eu" }], regions: [region("eu", node("a", busy)), region("us", node("b"))] })).to.equal("bad Yes: lane play waits 12 s in eu, all slots busy.");
    expect(said({ queues: [queue({ waiting: 1, oldestMs: 12_000 })], regions: [region("eu", node("a", { state: "drained" })), region("us", node("b", { services: ["gateway"], slots: undefined as never }))] })).to.match(/^bad Yes: lane play waits 12 s: no transcoder takes work\./);
    expect(said({ queues: [queue({ waiting: 1, oldestMs: 2_000 })] })).to.equal("warning Not yet: lane play waits 2 s.");
    expect(said({ queues: [queue({ waiting: 3, paused: true })] })).to.equal("bad Yes: lane play is paused, and 3 chunks for viewers wait.");
    expect(said({ queues: [queue({ paused: true })] })).to.equal("warning Not yet: lane play is paused.");
  });

  it("goes by what viewers got, once they are more than a few", () => {
    expect(said({ segments: { count: 40, faults: 0, stalls: 0, p95Ms: 5_500 } })).to.equal("bad Yes: one in twenty segments takes over 5.5 s.");
    expect(said({ segments: { count: 40, faults: 0, stalls: 0, p95Ms: -1 } })).to.equal("bad Yes: one in twenty segments takes over 8 s.");
    expect(said({ segments: { count: 40, faults: 0, stalls: 0, p95Ms: 1_800 } })).to.match(/^warning /);
    expect(said({ segments: { count: 40, faults: 10, stalls: 0, p95Ms: 100 } })).to.equal("bad Yes: 10 of 40 segments of the last minute failed.");
    expect(said({ segments: { count: 4, faults: 4, stalls: 0, p95Ms: 9_000 } })).to.match(/^good /);
    expect(said({ segments: { count: 90, faults: 0, stalls: 6, p95Ms: 20 } })).to.equal("bad Yes: players stood still 6 times in the last minute, as they report it.");
    expect(said({ segments: { count: 900, faults: 0, stalls: 6, p95Ms: 20 } })).to.match(/^good /);
    expect(said({ firstPlays: { count: 8, p95Ms: 9_000 } })).to.match(/^warning .*one in twenty learners waited over 9 s for a video's first segment/);
    expect(said({ firstPlays: { count: 8, p95Ms: 2_900 } })).to.match(/^good /);
  });

  it("names nodes that are not well, and regions without any", () => {
    expect(said({ regions: [] })).to.equal("bad Yes: no node takes work.");
    expect(said({ regions: [region("eu", node("a", { state: "quarantined", reasons: ["The disk is full."] })), region("us", node("b"))] })).to.equal("warning Not yet: no node of eu takes work: its viewers are served from elsewhere.");
    expect(said({ regions: [region("eu", node("a"), node("Node X", { state: "quarantined", reasons: ["The disk is full."] }))] })).to.equal("warning Not yet: node Node X is in quarantine: The disk is full.");
    expect(said({ regions: [region("eu", node("a"), node("b", { state: "away", reasons: ["It went without a word."] }))] })).to.match(/^warning Not yet: node b is gone/);
    expect(said({ regions: [region("eu", node("a"), node("b", { state: "away" }))] }), "one that was stopped").to.match(/^good /);
    expect(said({ regions: [{ ...region("eu", node("a")), dark: true }, region("us", node("b"))] })).to.match(/^warning .*eu is dark/);
  });

  it("does not call calm what it does not see, and puts what is worst first", () => {
    expect(said({ queues: [], queueFault: "Redis does not answer." })).to.equal("warning Not yet: what waits cannot be seen: Redis does not answer.");
    const { sentence, causes } = judge(seen({ queues: [queue({ waiting: 2, oldestMs: 60_000 }, { paused: true, waiting: 4 })] }));
    expect(sentence).to.equal("Yes: lane play waits 60 s.");
    expect(causes.map(({ level, code }) => `${level} ${code}`)).to.deep.equal(["bad play_waits", "warning lane_paused"]);
  });
});
