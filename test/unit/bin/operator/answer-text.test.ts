import { expect } from "chai";
import { formatAnswer } from "../../../../bin/operator/answer-text.ts";
import { formatColumns, formatMs } from "../../../../bin/operator/columns.ts";
import type { Job, NodeRow, Why } from "../../../../services/operator/operator.contract.ts";

const ID = "01arz3ndektsv4rrffq69g5fav";
const NODE: NodeRow = { id: "n1", region: "eu", services: ["transcoder"], available: true, host: "h", cpuPercent: 41.6, gateway: false, state: "draining", reasons: [{ code: "drained_by", message: "An update." }], uptimeSec: 7_320, slots: { total: 4, play: 1, background: 2, waiting: 3 }, versions: { node: "v24", protocol: 2 } };
const JOB: Job = { id: "j", lane: "normal", tenant: "a", group: ID, state: "dead", data: { videoId: ID, renditions: ["360p", "720p"], first: 5, last: 9, lane: "normal" }, cost: 2, addedAt: 0, attempts: 5, stalls: 1, runners: [], message: "Invalid data", code: "encode_failed" };

/** As lines, without the spaces that only align them. */
const lines = (text: string): string[] => text.split("\n").map((line) => line.replaceAll(/ {2,}/g, "  ").trim());

describe("the text of an answer", () => {
  it("shows nodes with their state, load and why", () => {
    expect(lines(formatAnswer("nodes", { nodes: [NODE, { ...NODE, id: "old", state: "away", reasons: [], region: null, cpuPercent: null, services: [], versions: {}, slots: { total: 1, play: 0, background: 0, waiting: 0 } }] }))).to.deep.equal([
      "node  region  state  cpu  slots  up  protocol  services  why",
      "n1  eu  draining  42 %  3/4 (+3)  2 h 02 min  2  transcoder  An update.",
      "old  –  away  –  0/1  2 h 02 min  –  –",
    ]);
  });

  it("shows lanes, tenants and pace", () => {
    const lane = { waiting: 0, active: 0, failed: 0, paused: false };
    expect(lines(formatAnswer("queue", { lanes: { play: lane, normal: { ...lane, waiting: 312, active: 4, oldestMs: 65_000 }, bulk: { ...lane, failed: 2, paused: true } }, tenants: [{ tenant: "school", waiting: 300, running: 4, cost: 812.34 }], totals: { added: 400, completed: 88 }, paceMs: 210 }))).to.deep.equal([
      "lane  waiting  active  set aside  oldest", "play  0  0  0  –", "normal  312  4  0  1 min 05 s", "bulk  0  0  2  –  paused",
      "", "tenant  waiting  running  cost", "school  300  4  812.3", "", "Pace: 210 ms a unit of cost.  added 400  completed 88",
    ]);
  });

  it("shows what was set aside, and a video's work", () => {
    expect(lines(formatAnswer("dead", { total: 3, jobs: [JOB] }))).to.deep.equal(["video  lane  what  attempts  lost  why", `${ID}  normal  360p+720p 5-9  5  1  encode_failed: Invalid data`, "and 2 older"]);
    const running: Job = { ...JOB, state: "active", message: "", code: "", runners: [{ owner: "n1", since: 0, progress: 0.25 }] };
    expect(lines(formatAnswer("video", { id: ID, status: "ready", progress: { stage: "encoding", storedSegments: 3, plannedSegments: 9, etaSec: 12 }, counts: { active: 1, waiting: 4, delayed: 0, dead: 0 }, jobs: [running] }))).to.deep.equal([
      `${ID}  ready  3 of 9 segments, about 12.0 s left`, "state  lane  what  attempts  lost  runs on  done  why", "active  normal  360p+720p 5-9  5  1  n1  25 %", "and 4 more that wait",
    ]);
    expect(formatAnswer("dead", { total: 0, jobs: [] })).to.equal("Nothing is set aside.");
  });

  it("shows where a video's time went", () => {
    const why: Why = {
      id: ID, status: "ready", totalMs: 100_000, sentence: "81 % waiting in lane normal behind 312 chunks.",
      steps: [{ name: "submitted", at: "2026-01-01T00:00:00.000Z", sinceStartMs: 0, afterMs: 0 }, { name: "validated", at: "2026-01-01T00:00:00.400Z", sinceStartMs: 400, afterMs: 400 }],
      parts: [{ name: "waiting", ms: 81_000, share: 0.81 }, { name: "making", ms: 19_000, share: 0.19 }],
      queue: { lane: "normal", ahead: 312, paused: true, waiting: 7, active: 0, taken: 3, completed: 2, failures: 1, stalls: 0, nodes: [{ node: "n1", ms: 19_000 }] },
    };
    expect(lines(formatAnswer("why", why))).to.deep.equal([
      `${ID}  ready  1 min 40 s`, "", why.sentence, "",
      "at  since start  after  step", "2026-01-01T00:00:00.000Z  0 ms  0 ms  submitted", "2026-01-01T00:00:00.400Z  400 ms  400 ms  validated", "",
      "time  share  spent", "1 min 21 s  81 %  waiting in the queue", "19.0 s  19 %  being made", "",
      "In the queue: lane normal (paused), 7 waiting, 0 active, 2 done; 3 attempts, 1 failed, 0 lost with their nodes.", "", "worked  node", "19.0 s  n1",
    ]);
  });

  it("shows what an order came to", () => {
    expect(formatAnswer("drain", { id: "n1", state: "draining", reasons: [{ code: "x", message: "An operator drains it." }], running: { chunks: 2 } })).to.equal("n1 is draining: An operator drains it. It still has 2 chunks.");
    expect(formatAnswer("regions", { regions: [{ name: "eu", nodes: 2, accepting: 1, own: true, dark: false, latencyMs: 3, url: "https://eu.example" }] })).to.match(/eu +2 +1 +yes +no +3 ms +– +https:\/\/eu\.example/);
  });

  it("lets nothing from outside move the cursor or fill the screen", () => {
    const text = formatColumns(["a"], [["x\u001b[2J\r\ny\u202e"], ["z".repeat(1_000)]]);
    for (const control of ["\u001b", "\r", "\u202e"]) expect(text).to.not.contain(control);
    expect(text.split("\n").map((line) => line.length)).to.deep.equal([1, 8, 100]);
  });

  it("has times that are read at a glance", () => {
    expect([40, 3_210, 65_000, 12_000_000, 187_200_000].map(formatMs)).to.deep.equal(["40 ms", "3.2 s", "1 min 05 s", "3 h 20 min", "2 d 4 h"]);
  });
});
