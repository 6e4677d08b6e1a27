import { expect } from "chai";
import type { GroupStory, QueueCounts } from "../../../../mixins/work-queue/work-queue.contract.ts";
import { explainVideo } from "../../../../services/operator/explain-video.ts";
import type { VideoHistory } from "../../../../services/videos/videos.contract.ts";

const T0 = Date.parse("2026-01-01T00:00:00.000Z");
const at = (ms: number): string => new Date(T0 + ms).toISOString();
const LANE = { waiting: 0, active: 0, failed: 0, paused: false };
const LANES: QueueCounts = { play: LANE, normal: LANE, bulk: LANE };

const history = (changes: Partial<VideoHistory> = {}): VideoHistory => ({
  id: "v", status: "ready", createdAt: at(0), judgedAt: at(1_000), moments: { submitted: T0 + 2, validated: T0 + 1_000, planned: T0 + 1_500 }, ...changes,
});
const story = (changes: Partial<GroupStory> = {}): GroupStory => ({
  queuedAt: T0 + 1_500, lane: "normal", ahead: 312, activeMs: 17_500, waitingMs: 81_000, delayedMs: 0, now: { active: 0, waiting: 4, delayed: 0 },
  taken: 3, completed: 2, failures: 1, stalls: 0, spent: [{ owner: "n1", ms: 20_000 }], ...changes,
});

describe("where a video's time went", () => {
  it("is split into parts that add up, the largest of which is said in a sentence", () => {
    const why = explainVideo({ history: history(), story: story(), lanes: LANES, nowMs: T0 + 100_000 });
    expect(why).to.deep.include({
      status: "ready", totalMs: 100_000, sentence: "81 % waiting in lane normal behind 312 chunks.",
      parts: [{ name: "waiting", ms: 81_000, share: 0.81 }, { name: "making", ms: 17_500, share: 0.175 }, { name: "validating", ms: 1_000, share: 0.01 }, { name: "planning", ms: 500, share: 0.005 }],
      queue: { lane: "normal", ahead: 312, paused: false, waiting: 4, active: 0, taken: 3, completed: 2, failures: 1, stalls: 0, nodes: [{ node: "n1", ms: 20_000 }] },
    });
  });

  it("says when what it waits for is paused, and which nodes make it", () => {
    const paused = { ...LANES, normal: { ...LANE, paused: true } };
    expect(explainVideo({ history: history(), story: story(), lanes: paused, nowMs: T0 + 100_000 }).sentence).to.equal("81 % waiting in lane normal behind 312 chunks; the lane is paused.");
    const made = story({ activeMs: 81_000, waitingMs: 17_500, spent: ["a", "b", "c", "d"].map((owner) => ({ owner, ms: 1 })) });
    expect(explainVideo({ history: history(), story: made, lanes: LANES, nowMs: T0 + 100_000 }).sentence).to.equal("81 % being made on a, b, c and 1 more.");
  });

  it("has steps in the order in which they came, each with how long after the one before", () => {
    const moments = { ...history().moments, asked: T0 + 1_600, watched: T0 + 2_100, stored: T0 + 2_400 };
    expect(explainVideo({ history: history({ moments }), story: null, lanes: undefined, nowMs: T0 + 3_000 }).steps.map(({ name, sinceStartMs, afterMs }) => [name, sinceStartMs, afterMs])).to.deep.equal([
      ["submitted", 0, 0], ["validated", 1_000, 1_000], ["planned: it plays from here", 1_500, 500],
      ["first segment asked for", 1_600, 100], ["first segment given to a viewer", 2_100, 500], ["first segment stored", 2_400, 300],
    ]);
  });

  it("ends where the video ended, and says why it failed", () => {
    const failed = history({ status: "failed", endedAt: at(20_000), reasons: [{ class: "encode_failed", message: "Segments 0 to 4 could not be made." }] });
    const why = explainVideo({ history: failed, story: story({ waitingMs: 500, activeMs: 2_000, delayedMs: 16_000, failures: 5 }), lanes: LANES, nowMs: T0 + 9e6 });
    expect(why.totalMs).to.equal(20_000);
    expect(why.sentence).to.equal("80 % pausing between attempts: 5 failed, 0 were lost with their nodes. It is failed: Segments 0 to 4 could not be made.");
    expect(why.steps.at(-1)).to.include({ name: "failed", sinceStartMs: 20_000 });
  });

  it("has nothing in it of what was made for viewers after its end", () => {
    const complete = history({ status: "complete", judgedAt: at(2_500), endedAt: at(3_000), moments: { submitted: T0, validated: T0 + 2_500, planned: T0 + 2_600 } });
    const partsOf = (queuedAt: number) => explainVideo({ history: complete, story: story({ queuedAt: T0 + queuedAt, activeMs: 240_000, waitingMs: 0 }), lanes: LANES, nowMs: T0 + 9e6 }).parts.map(({ name, ms }) => [name, ms]);
    expect(partsOf(2_600)).to.deep.equal([["validating", 2_500], ["making", 400], ["planning", 100]]);
    expect(partsOf(60_000)).to.deep.equal([["validating", 2_500], ["unknown", 400], ["planning", 100]]);
  });

  it("of a rejected video, and of one that nobody has looked at yet, is the look at its source", () => {
    const rejected = history({ status: "rejected", judgedAt: at(700), moments: {}, reasons: [{ class: "not_media", message: "It is a web page." }] });
    expect(explainVideo({ history: rejected, story: null, lanes: LANES, nowMs: T0 + 9e6 })).to.deep.include({ totalMs: 700, sentence: "100 % looking at the source. It is rejected: It is a web page.", parts: [{ name: "validating", ms: 700, share: 1 }] });
    const { judgedAt: _, ...fresh } = history({ status: "submitted", moments: {} });
    expect(explainVideo({ history: fresh, story: null, lanes: LANES, nowMs: T0 + 5_000 }).sentence).to.equal("100 % looking at the source.");
  });

  it("does without what Redis lost: the plan's time comes from the queue, and what nobody knows is called so", () => {
    const lost = history({ moments: {} });
    expect(explainVideo({ history: lost, story: story(), lanes: LANES, nowMs: T0 + 100_000 }).parts[0]).to.include({ name: "waiting", ms: 81_000 });
    expect(explainVideo({ history: history(), story: null, lanes: undefined, nowMs: T0 + 100_000 }).parts[0]).to.include({ name: "unknown", ms: 98_500 });
  });

  it("is told of clocks that disagree without a negative time, and without a whole that is not the sum", () => {
    const odd = explainVideo({ history: history({ judgedAt: at(-500), moments: { planned: T0 - 200 } }), story: story({ waitingMs: 9_000, activeMs: 3_000 }), lanes: LANES, nowMs: T0 + 6_000 });
    expect(odd.parts.every(({ ms }) => ms > 0)).to.equal(true);
    expect(odd.parts.reduce((sum, { ms }) => sum + ms, 0)).to.be.within(5_998, 6_002);
    expect(explainVideo({ history: history(), story: null, lanes: LANES, nowMs: T0 - 1 })).to.deep.include({ totalMs: 0 });
  });
});
