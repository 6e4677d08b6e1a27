import { expect } from "chai";
import * as fc from "fast-check";
import { chooseRequestId, newSpanId, newTraceId, parseTraceparent, traceIdOf } from "../../../../config/requests/request-id.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

describe("parseTraceparent", () => {
  it("reads what W3C Trace Context says, also of versions to come", () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).to.deep.equal({ traceId: TRACE, parentId: SPAN, sampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)?.sampled).to.equal(false);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-03`)?.sampled).to.equal(true);
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-has`)?.traceId).to.equal(TRACE);
  });

  it("takes nothing else", () => {
    for (const bad of [
      undefined, "", "00", `00-${TRACE}-${SPAN}`, `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`, `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`, `00-${TRACE}-${SPAN}-1`, ` 00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01\n`, [`00-${TRACE}-${SPAN}-01`], `cc-${TRACE}-${SPAN}-01-${"x".repeat(600)}`,
    ]) expect(parseTraceparent(bad), String(bad)).to.equal(undefined);
  });
});

describe("chooseRequestId", () => {
  it("is the trace's, else the client's own where it is harmless, else a new one", () => {
    expect(chooseRequestId({ traceparent: `00-${TRACE}-${SPAN}-00`, "x-request-id": "abc" })).to.equal(TRACE);
    expect(chooseRequestId({ traceparent: "nonsense", "x-request-id": "abc" })).to.equal("abc");
    expect(chooseRequestId({})).to.match(/^[0-9a-f]{32}$/);
  });

  it("takes nothing that could break a log line, a header or a page", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (traceparent, id) => { expect(chooseRequestId({ traceparent, "x-request-id": id })).to.match(/^[A-Za-z0-9._-]{1,64}$/); }));
  });
});

describe("traceIdOf", () => {
  it("is a trace id for every request id, the same each time, and itself where the id is one", () => {
    expect(traceIdOf(TRACE)).to.equal(TRACE);
    fc.assert(fc.property(fc.string(), (id) => { expect(traceIdOf(id)).to.match(/^(?!0+$)[0-9a-f]{32}$/).and.to.equal(traceIdOf(id)); }));
  });
});

describe("new ids", () => {
  it("are never the same", () => {
    const ids = Array.from({ length: 20_000 }, () => [newTraceId(), newSpanId()]).flat();
    expect(new Set(ids).size).to.equal(ids.length);
    expect(ids.every((id) => /^([0-9a-f]{32}|[0-9a-f]{16})$/.test(id))).to.equal(true);
  });
});
