import { expect } from "chai";
import { fail } from "../../../../config/errors.ts";
import { screeningPolicy } from "../../../../mixins/screening-policy/policy.ts";
import { judgeScores } from "../../../../services/screening/judge-scores.ts";
import { parseListFile } from "../../../../services/screening/list-file.ts";
import { openBlockLists } from "../../../../services/screening/block-lists.ts";
import { chooseEvidence, screenVideo, toBlocked, type ScreenOptions } from "../../../../services/screening/screen-video.ts";
import type { Screening, VideoState } from "../../../../services/videos/videos.contract.ts";
import { memoryStorageCalls } from "../../../support/memory-storage-calls.ts";
import { rejection } from "../../../support/rejection.ts";
import { makeRecord, VIDEO_ID } from "../../../support/sample-record.ts";

const AT = "2026-01-01T00:00:00.000Z";
const hash = (n: number): string => n.toString(16).padStart(2, "0").repeat(32);
const frames = (...ns: number[]) => ns.map((n, at) => ({ at, hash: new Uint8Array(32).fill(n), detail: 50 }));
const screening = (changes: Partial<Screening> = {}): Screening => ({ verdict: "pass", at: AT, findings: [], hashes: [], cost: { seconds: 1, frames: 10, bytes: 100 }, ...changes });

describe("the screening of a video", () => {
  const options = (changes: Partial<ScreenOptions> = {}): ScreenOptions => ({
    tenant: "default", policy: screeningPolicy({}), lists: { find: async () => [] }, twin: undefined, sha256: undefined,
    look: async () => ({ seen: { findings: [], hashes: frames(1), frames: 5, print: hash(9) }, bytes: 7 }), now: () => new Date(AT), ...changes,
  });

  it("says what was seen, what it cost, and by what the video is known again", async () => {
    expect(await screenVideo(options({ sha256: hash(3) }))).to.deep.equal({ verdict: "pass", findings: [], at: AT, hashes: [{ at: 0, hash: hash(1), detail: 50 }], print: hash(9), sha256: hash(3), cost: { seconds: 0, frames: 5, bytes: 7 } });
  });

  it("has the verdict of its worst finding, as the tenant's policy has it", async () => {
    const look: ScreenOptions["look"] = async () => ({ seen: { findings: [{ code: "silent", message: "" }, { code: "flashes", message: "" }], hashes: [], frames: 1 }, bytes: 0 });
    expect(await screenVideo(options({ look }))).to.deep.include({ verdict: "review", findings: [{ code: "flashes", message: "", verdict: "review" }, { code: "silent", message: "", verdict: "pass" }] });
    expect(await screenVideo(options({ look, policy: screeningPolicy({ default: { outcomes: { flashes: "pass", silent: "block" } } }) }))).to.include({ verdict: "block" });
  });

  it("is its twin's, with what is on the lists now, and never that of a look that failed", async () => {
    let looks = 0;
    const look: ScreenOptions["look"] = async () => { looks++; return { seen: { findings: [], hashes: [], frames: 1 }, bytes: 1 }; };
    const twin = (changes: Partial<Screening>, more: Partial<VideoState> = {}): VideoState => ({ record: makeRecord(), deleted: false, screening: screening(changes), ...more });
    const shared = await screenVideo(options({ look, twin: twin({ verdict: "review", findings: [{ code: "flashes", message: "It flashes.", verdict: "review" }, { code: "listed_frames", message: "", verdict: "block" }] }) }));
    expect(shared).to.deep.include({ verdict: "review", sharedWith: VIDEO_ID, cost: { seconds: 0, frames: 0, bytes: 0 } });
    expect(shared.findings.map(({ code }) => code)).to.deep.equal(["flashes"]);
    expect(looks).to.equal(0);
    expect((await screenVideo(options({ look, twin: twin({}, { review: { verdict: "block", at: AT, by: "a" } }) }))).findings).to.have.nested.property("[0].code", "blocked_twin");
    expect((await screenVideo(options({ look, twin: twin({ verdict: "block" }, { review: { verdict: "pass", at: AT, by: "a" } }) }))).verdict).to.equal("pass");
    await screenVideo(options({ look, twin: twin({ findings: [{ code: "unscreened", message: "", verdict: "review" }] }) }));
    await screenVideo(options({ look, twin: twin({}), policy: screeningPolicy({ default: { classify: true }, classifier: { name: "nsfwjs" } }) }));
    expect(looks).to.equal(2);
  });

  it("is for a person where a list cannot be read, and is no screening where the store is away", async () => {
    const broken = options({ lists: { find: async () => { throw new Error("no such file"); } } });
    expect(await screenVideo(broken)).to.include({ verdict: "review" });
    const away = options({ lists: { find: async () => { throw fail("storage_unavailable", "staged"); } } });
    expect(await rejection(screenVideo(away), "no verdict")).to.include({ type: "storage_unavailable" });
  });

  it("shows a person the frames of its findings, each once, and a few where there are none", () => {
    const video = { end: 1_000 };
    const findings: Screening["findings"] = [{ code: "flashes", message: "", verdict: "review", frames: [500, 600, 5_000] }, { code: "classified", message: "", verdict: "review", frames: [600, 700] }];
    expect(chooseEvidence({ findings, hashes: [] }, video, 0)).to.deep.equal([500, 600, 999, 700]);
    expect(chooseEvidence({ findings: [], hashes: Array.from({ length: 12 }, (_, n) => ({ at: n * 10, hash: hash(n), detail: 1 })) }, video, 0)).to.deep.equal([0, 30, 60, 90]);
    expect(chooseEvidence({ findings: [], hashes: [] }, video, 0)).to.deep.equal([0]);
  });
});

describe("scores of a classifier", () => {
  const scored = (...scores: number[]) => scores.map((Porn, at) => ({ at, scores: { Porn, Neutral: 1 - Porn } }));
  it("lead to what the thresholds say, when more than one frame has them", () => {
    const thresholds = { Porn: { review: 0.6, block: 0.9 } };
    expect(judgeScores(scored(0.1, 0.95, 0.2), thresholds).findings).to.deep.equal([]);
    expect(judgeScores(scored(0.1, 0.7, 0.95), thresholds).findings[0]).to.deep.include({ verdict: "review", frames: [2, 1] });
    expect(judgeScores(scored(0.95, 0.91), thresholds).findings[0]).to.deep.include({ verdict: "block" });
    expect(judgeScores(scored(0.95), thresholds)).to.deep.include({ scores: { Porn: 0.95, Neutral: 0.05 } }).and.to.have.nested.property("findings[0].verdict", "block");
    expect(judgeScores(scored(1, 1), {}).findings).to.deep.equal([]);
  });
});

describe("block lists", () => {
  it("are files of hashes with notes, and every other line is a fault", () => {
    const list = parseListFile(`# bad things\n\nsha256:${hash(1)} a note\nprint:${hash(2).toUpperCase()}\r\nframe:${hash(3)}\n`, "list");
    expect([...list.whole]).to.deep.equal([hash(1), hash(2)]);
    expect(list.frames).to.deep.equal([new Uint8Array(32).fill(3)]);
    for (const wrong of ["md5:00", `sha256:${hash(1)}0`, hash(1), `frame: ${hash(1)}`]) expect(() => parseListFile(`# x\n${wrong}`, "list"), wrong).to.throw("list, line 2");
  });

  it("know a video of the same tenant by its bytes and by its frames, until it is taken off", async () => {
    const lists = openBlockLists(memoryStorageCalls());
    await lists.add("physics", toBlocked(VIDEO_ID, screening({ sha256: hash(1), print: hash(2), hashes: [1, 2, 3, 4].map((n) => ({ at: n, hash: hash(n * 40), detail: n === 4 ? 3 : 50 })) }), AT));
    const find = (tenant: string, known: Partial<Parameters<typeof lists.find>[2]>) => lists.find(tenant, [], { sha256: undefined, print: undefined, frames: [], ...known });
    const codes = async (tenant: string, known: Parameters<typeof find>[1]): Promise<string[]> => (await find(tenant, known)).map(({ code }) => code);
    expect(await codes("physics", { sha256: hash(1) })).to.deep.equal(["listed_bytes"]);
    expect(await codes("physics", { print: hash(2) })).to.deep.equal(["listed_bytes"]);
    expect(await codes("physics", { frames: frames(40, 80, 120) })).to.deep.equal(["listed_frames"]);
    expect(await codes("physics", { frames: frames(40, 80, 120, 7, 7, 7, 7, 7) })).to.deep.equal(["similar_frames"]);
    expect(await codes("physics", { frames: frames(40, 7, 7), print: hash(5) })).to.deep.equal([]);
    expect(await codes("physics", { frames: frames(160) })).to.deep.equal([]); // it had nothing to see
    expect(await codes("arts", { sha256: hash(1), frames: frames(40, 80, 120) })).to.deep.equal([]);
    await lists.remove("physics", VIDEO_ID);
    expect(await codes("physics", { sha256: hash(1) })).to.deep.equal([]);
  });
});
