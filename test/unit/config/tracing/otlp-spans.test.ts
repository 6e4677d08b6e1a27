import { expect } from "chai";
import * as fc from "fast-check";
import { openScrub } from "../../../../config/logging/scrub.ts";
import { encodeSpans } from "../../../../config/tracing/otlp-spans.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const [ID, PARENT] = ["b7ad6b7169203331", "00f067aa0ba902b7"];
const RESOURCE = { node: "eu-1", region: "eu", version: "1.2.3" };
const scrub = openScrub([]);

describe("encodeSpans", () => {
  it("writes what OTLP's JSON is", () => {
    const span = { id: ID, parentId: PARENT, name: "cache.segment", kind: "server" as const, startMs: 1_767_225_600_123.457, durationMs: 12.5, tags: { "lectern.segment": 3, "lectern.tier": "store", hot: true, share: 0.5, left: undefined }, error: "storage_unavailable", link: { requestId: "post-1", spanId: PARENT } };
    expect(encodeSpans([{ requestId: TRACE, span }], RESOURCE, scrub)).to.deep.equal({
      resourceSpans: [{
        resource: { attributes: [
          { key: "service.name", value: { stringValue: "lectern" } }, { key: "service.version", value: { stringValue: "1.2.3" } }, { key: "service.instance.id", value: { stringValue: "eu-1" } }, { key: "cloud.region", value: { stringValue: "eu" } },
        ] },
        scopeSpans: [{
          scope: { name: "lectern", version: "1.2.3" },
          spans: [{
            traceId: TRACE, spanId: ID, parentSpanId: PARENT, name: "cache.segment", kind: 2, startTimeUnixNano: "1767225600123457000", endTimeUnixNano: "1767225600135957000",
            attributes: [
              { key: "lectern.segment", value: { intValue: "3" } }, { key: "lectern.tier", value: { stringValue: "store" } }, { key: "hot", value: { boolValue: true } }, { key: "share", value: { doubleValue: 0.5 } },
              { key: "lectern.request_id", value: { stringValue: TRACE } }, { key: "lectern.cause", value: { stringValue: "post-1" } },
            ],
            links: [{ traceId: "38ba61681706177105d426c1890b083b", spanId: PARENT }],
            status: { code: 2, message: "storage_unavailable" },
          }],
        }],
      }],
    });
  });

  it("gives away nothing, and has valid ids, whatever is in a span", () => {
    const text = fc.string({ maxLength: 60 });
    fc.assert(fc.property(text, text, text, (requestId, id, value) => {
      const span = { id, parentId: id, name: `x ${value}`, kind: "internal" as const, startMs: 1, durationMs: 1, tags: { secret: `${value} https://a:geheim@b/c?d=geheim` } };
      const written = JSON.stringify(encodeSpans([{ requestId, span }], RESOURCE, scrub));
      expect(written).not.to.include("geheim");
      expect(written).to.match(/"traceId":"[0-9a-f]{32}","spanId":"[0-9a-f]{16}","parentSpanId":"[0-9a-f]{16}"/);
    }));
  });
});
