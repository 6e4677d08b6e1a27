import { expect } from "chai";
import * as fc from "fast-check";
import { planOf } from "../../../../media/plan-video.ts";
import { canReopen, reasonsOf, redactUrl, videoStatus, viewVideo } from "../../../../services/videos/video-state.ts";
import type { Outcome, Reason, Verdict, VideoState } from "../../../../services/videos/videos.contract.ts";
import { makeFacts } from "../../../support/sample-facts.ts";
import { makeRecord, VIDEO_ID } from "../../../support/sample-record.ts";

const AT = "2026-01-01T00:00:01.000Z";
const REASON: Reason = { class: "corrupt", message: "The file is damaged." };
const accepted: Verdict = { accepted: true, at: AT, facts: makeFacts(), sourceVersion: "1" };
const rejected: Verdict = { accepted: false, at: AT, reasons: [REASON] };
const failed: Outcome = { complete: false, at: AT, reasons: [{ class: "encode_failed", message: "Segments 0 to 4 could not be made." }] };

const SUBMITTED: VideoState = { record: makeRecord(), deleted: false };
const VALIDATED: VideoState = { ...SUBMITTED, verdict: accepted };
const READY: VideoState = { ...VALIDATED, plan: planOf(makeFacts()) };
const COMPLETE: VideoState = { ...READY, outcome: { complete: true, at: AT } };
const FAILED: VideoState = { ...READY, outcome: failed };
const REJECTED: VideoState = { ...SUBMITTED, verdict: rejected };
const NOW = Date.parse("2026-01-01T00:01:00Z");
const NONE: ReadonlyMap<string, number> = new Map();

describe("status of a video", () => {
  it("is what its objects say", () => {
    expect([SUBMITTED, VALIDATED, READY, COMPLETE, FAILED, REJECTED].map(videoStatus)).to.deep.equal(["submitted", "submitted", "ready", "complete", "failed", "rejected"]);
    expect([SUBMITTED, READY, COMPLETE, REJECTED].map((state) => videoStatus({ ...state, deleted: true }))).to.deep.equal(["deleted", "deleted", "deleted", "deleted"]);
  });

  it("may be another when the source could not be had, or the upload was not all there, and is tried again", () => {
    const upload = makeRecord({ source: { kind: "upload", uploadId: "u" } });
    const because = (reason: Reason["class"], record = SUBMITTED.record): boolean => canReopen({ record, deleted: false, verdict: { accepted: false, at: AT, reasons: [{ class: reason, message: "" }] } });
    expect([because("source_unreachable"), because("corrupt"), because("upload_incomplete", upload), because("corrupt", upload), because("source_unreachable", upload)]).to.deep.equal([true, false, true, false, false]);
    expect([canReopen(FAILED), canReopen(COMPLETE), canReopen({ ...FAILED, deleted: true })]).to.deep.equal([true, false, false]);
  });

  it("comes with reasons when it was rejected or failed", () => {
    expect(reasonsOf(REJECTED)).to.deep.equal([REASON]);
    expect(reasonsOf(FAILED)?.[0]?.class).to.equal("encode_failed");
    for (const state of [SUBMITTED, READY, COMPLETE]) expect(reasonsOf(state)).to.equal(undefined);
  });
});

describe("view of a video", () => {
  it("says what is known as soon as it is posted", () => {
    expect(viewVideo(SUBMITTED, NONE, NOW)).to.deep.equal({
      id: VIDEO_ID, status: "submitted", createdAt: "2026-01-01T00:00:00.000Z", source: { kind: "url", url: "https://example.org/lecture.mp4" },
      visibility: "public", policy: "hybrid", protection: "none", priority: "normal", labels: {}, progress: { stage: "validating", storedSegments: 0, plannedSegments: 0 },
    });
  });

  it("has duration, renditions and progress once it is planned", () => {
    const view = viewVideo({ ...READY, record: makeRecord({ title: "Graphs" }) }, new Map([["source", 4], ["360p", 3]]), NOW);
    expect(view).to.include({ status: "ready", title: "Graphs", durationSec: 10 });
    expect(view.renditions?.map((r) => `${r.name} ${r.storedSegments}/${r.plannedSegments}/${r.segments}`)).to.deep.equal(["source 4/4/4", "720p 0/4/4", "360p 3/4/4", "audio 0/4/4"]);
    expect(view.renditions?.[0]).to.deep.equal({ name: "source", kind: "video", mode: "repackage", codecs: "avc1.640028", width: 1920, height: 1080, storedSegments: 4, plannedSegments: 4, segments: 4 });
    expect(view.renditions?.[3]).to.not.have.any.keys("width", "height");
    expect(view.progress).to.deep.equal({ stage: "encoding", storedSegments: 7, plannedSegments: 16, etaSec: Math.ceil((60 / 7) * 9) });
  });

  it("guesses the rest only from three segments on, and never below zero", () => {
    expect(viewVideo(READY, new Map([["source", 2]]), NOW).progress).to.not.have.property("etaSec");
    expect(viewVideo(READY, new Map([["source", 3]]), NOW).progress?.etaSec).to.equal(260);
    expect(viewVideo(READY, new Map([["source", 3]]), Date.parse("2025-12-31T23:59:00Z")).progress?.etaSec).to.equal(0);
  });

  it("names the stage", () => {
    expect([SUBMITTED, VALIDATED, READY, COMPLETE, FAILED, REJECTED, { ...READY, deleted: true }].map((state) => viewVideo(state, NONE, NOW).progress?.stage)).to.deep.equal(["validating", "planning", "encoding", "done", "done", "done", "done"]);
  });

  it("counts nothing beyond what there is or is planned", () => {
    const lazy: VideoState = { ...READY, record: makeRecord({ policy: "lazy" }) };
    const view = viewVideo(lazy, new Map([["source", 99], ["audio", 2]]), NOW);
    expect(view.renditions?.[0]).to.include({ storedSegments: 4, plannedSegments: 0 });
    expect(view.progress).to.include({ storedSegments: 0, plannedSegments: 0 });
  });

  it("shows reasons, and an upload by its id", () => {
    const view = viewVideo({ ...REJECTED, record: makeRecord({ source: { kind: "upload", uploadId: "u1" } }) }, NONE, NOW);
    expect(view.reasons).to.deep.equal([REASON]);
    expect(view.source).to.deep.equal({ kind: "upload", uploadId: "u1" });
  });

  it("never shows what only the record should know", () => {
    const record = makeRecord({ source: { kind: "url", url: "https://user:secret@example.org/a.mp4?token=secret#secret" }, claim: "secret", request: "secret", identity: "https://secret@example.org" });
    for (const state of [READY, COMPLETE, REJECTED]) expect(JSON.stringify(viewVideo({ ...state, record }, NONE, NOW))).to.not.include("secret");
  });
});

describe("a URL as it is shown", () => {
  it("has no user, no query and no fragment, but says that there was a query", () => {
    expect(redactUrl("https://u:p@example.org:8443/a%20b.mp4?sig=1&x=2#t=3")).to.equal("https://example.org:8443/a%20b.mp4?…");
    expect(redactUrl("https://example.org/a.mp4")).to.equal("https://example.org/a.mp4");
    expect(redactUrl("https://example.org/a.mp4?")).to.equal("https://example.org/a.mp4");
  });

  it("keeps host and path of any URL", () => {
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (text) => {
      const [shown, given] = [redactUrl(text), new URL(text)];
      expect(shown.replace(/\?…$/, "")).to.equal(`${given.origin}${given.pathname}`);
      expect(shown.endsWith("?…")).to.equal(given.search !== "");
    }));
  });
});
