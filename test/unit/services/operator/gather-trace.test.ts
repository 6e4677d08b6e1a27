import { expect } from "chai";
import * as fc from "fast-check";
import { traceText } from "../../../../bin/operator/trace-text.ts";
import type { Span } from "../../../../config/tracing/span.ts";
import { arrangeTrace, type NodeSpans } from "../../../../services/operator/gather-trace.ts";

const START = Date.UTC(2026, 0, 1);
const span = (id: string, parentId: string | undefined, startMs: number, more: Partial<Span> = {}): Span => ({ id, parentId, name: id, kind: "internal", startMs: START + startMs, durationMs: 10, tags: {}, ...more });
const of = (node: string, spans: Span[], more: Partial<NodeSpans> = {}): NodeSpans => ({ node, why: null, lost: 0, caused: [], spans, ...more });

describe("a trace that is put together", () => {
  it("is a tree of what all nodes have, each step followed by what it is made of", () => {
    const trace = arrangeTrace("r", [of("b", [span("late", "root", 9, { durationMs: 40 }), span("deep", "early", 3, { error: "overloaded" })], { why: "slow", lost: 2 }), of("a", [span("root", "elsewhere", 0), span("early", "root", 2)], { caused: ["job-1"] })]);
    expect(trace.spans.map(({ name, node, depth, sinceStartMs }) => [name, node, depth, sinceStartMs])).to.deep.equal([["root", "a", 0, 0], ["early", "a", 1, 2], ["deep", "b", 2, 3], ["late", "b", 1, 9]]);
    expect([trace.why, trace.durationMs, trace.lost, trace.caused, trace.at]).to.deep.equal(["slow", 49, 2, ["job-1"], "2026-01-01T00:00:00.000Z"]);
  });

  it("has each step once, whatever steps say of their parents", () => {
    const id = fc.constantFrom("a", "b", "c", "d");
    fc.assert(fc.property(fc.array(fc.tuple(id, fc.option(id, { nil: undefined })), { maxLength: 12 }), (pairs) => {
      const { spans } = arrangeTrace("r", [of("n", pairs.map(([one, parent], n) => span(one, parent, n)))]);
      expect(spans.map(({ name }) => name).toSorted()).to.deep.equal(pairs.map(([one]) => one).toSorted());
    }));
  });

  it("is read at a glance in a terminal", () => {
    const spans = [span("GET /play", undefined, 0, { durationMs: 100, tags: { "http.response.status_code": 200 } }), span("cache.search", "GET /play", 50, { durationMs: 50, error: "overloaded", tags: { "lectern.video_id": "v1" } })];
    const text = traceText({ ...arrangeTrace("r1", [of("eu-1", spans, { why: "slow" })]), silent: ["eu-2"] });
    expect(text).to.equal([
      "r1  100 ms  from 2026-01-01T00:00:00.000Z  (it was slow)",
      "Video v1",
      "since start    took                            step            node",
      "     0.0 ms  100 ms  ████████████████████████  GET /play       eu-1  status_code=200",
      "      50 ms   50 ms  ············████████████    cache.search  eu-1  ! overloaded",
      "No answer from eu-2: what they did is missing.",
    ].join("\n"));
  });
});
