import { expect } from "chai";
import { Errors } from "moleculer";
import { cancelled } from "../../../../mixins/cancelled.ts";
import { ERRORS, fail, type ErrorCode } from "../../../../config/errors.ts";
import { failureKindOf } from "../../../../config/failures/failure-code.ts";
import { openFailureLedger, type Failure } from "../../../../config/failures/failure-ledger.ts";
import { failureLedgerOf, noteFailure } from "../../../../config/failures/note-failure.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

const VIDEO = "01arz3ndektsv4rrffq69g5fav";
const NOON = Date.UTC(2026, 10, 26, 12);
const about = { node: "one", region: "eu", version: "1" };
const failure = (changes: Partial<Failure> = {}): Failure => ({ code: "encode_failed", severity: "error", action: "transcoder.make", message: "FFmpeg ended with 1", at: NOON, ...changes });

describe("failures that are still to be told", () => {
  it("are one entry with a count for the same thing, with the minutes, the videos and one of them", () => {
    const ledger = openFailureLedger(about, "w");
    ledger.note(failure({ video: VIDEO, requestId: "r-1" }));
    ledger.note(failure({ video: VIDEO, at: NOON + 61_000, message: "FFmpeg ended with 9" }));
    ledger.note(failure({ video: "no id", at: NOON + 62_000 }));
    expect(ledger.next()).to.deep.include({ ...about, batch: "w-1" });
    const [group, ...others] = ledger.next()?.groups ?? [];
    expect(others).to.deep.equal([]);
    expect(group).to.deep.include({ code: "encode_failed", service: "transcoder", count: 3, firstMs: NOON, lastMs: NOON + 62_000, videos: [VIDEO], requestId: "r-1", minutes: [[NOON / 60_000, 1], [NOON / 60_000 + 1, 2]] });
  });

  it("are told again as the same batch until they were heard; what comes meanwhile waits", () => {
    const ledger = openFailureLedger(about, "w");
    ledger.note(failure());
    const first = ledger.next();
    ledger.note(failure({ action: "transcoder.chunk" }));
    expect(ledger.next()).to.equal(first);
    ledger.heard();
    expect(ledger.next()).to.deep.include({ batch: "w-2" });
    ledger.heard();
    expect(ledger.next()).to.equal(undefined);
  });

  it("are bounded, however many differ and however long nobody hears: the rest is counted by its code", () => {
    const ledger = openFailureLedger(about, "w");
    for (let n = 0; n < 5_000; n++) ledger.note(failure({ action: `made.up${n}`, at: NOON + n * 60_000 }));
    const groups = ledger.next()?.groups ?? [];
    expect(groups.length).to.be.at.most(41);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).to.equal(5_000);
    const other = groups.find(({ id }) => id === "encode_failed-other");
    expect(other?.minutes.length).to.be.at.most(120);
    expect(other?.count).to.equal(4_960);
  });
});

describe("what is a failure", () => {
  const kindOf = (error: unknown): string => { const kind = failureKindOf(error); return kind === undefined ? "none" : `${kind.code} ${kind.severity}`; };

  it("is no fault of the caller, and nothing that is merely waited for", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) if (ERRORS[code].status < 500) expect(kindOf(fail(code, "x")), code).to.equal("none");
    const none = [fail("plan_pending", "x"), fail("video_failed", "x"), cancelled(), new Errors.ValidationError("x", "T", {}), new DOMException("x", "AbortError"), Object.assign(new Error("x"), { code: "ERR_STREAM_PREMATURE_CLOSE" })];
    for (const error of none) expect(kindOf(error)).to.equal("none");
    expect([fail("encode_failed", "x"), fail("encode_stalled", "x"), fail("source_unreachable", "x"), fail("storage_full", "x")].map(kindOf)).to.deep.equal(["encode_failed error", "encode_stalled error", "source_unreachable warning", "storage_full critical"]);
    expect([new TypeError("x"), "text", undefined, Object.assign(new Error("x"), { type: "constructor" }), new Errors.RequestTimeoutError({ action: "a.b", nodeID: "n" })].map(kindOf)).to.deep.equal(["unexpected error", "unexpected error", "unexpected error", "unexpected error", "request_timeout warning"]);
  });

  it("counts where it begins: once for each error, and not where it came from another node", () => {
    const broker = quietBroker({ nodeID: "one" });
    const error = fail("encode_failed", "x");
    for (const action of ["transcoder.make", "cache.segment", "delivery.segment"]) noteFailure(broker, error, { action });
    noteFailure(broker, Object.assign(fail("encode_failed", "y"), { nodeID: "other" }), { action: "cache.segment" });
    noteFailure(broker, "no error at all", { action: "videos.corrupt", code: "video_failed" });
    expect(failureLedgerOf(broker).next()?.groups.map(({ action, count }) => [action, count])).to.deep.equal([["transcoder.make", 1], ["videos.corrupt", 1]]);
  });
});
