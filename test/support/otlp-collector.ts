/** A stand-in for an OpenTelemetry collector: takes what OTLP over HTTP allows as JSON, refuses anything else, and keeps it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Ajv } from "ajv";

export interface ReceivedSpan {
  traceId: string; spanId: string; parentSpanId?: string; name: string; kind: number; startTimeUnixNano: string; endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[]; links?: { traceId: string; spanId: string }[]; status: { code?: number; message?: string };
  /** Of its resource. */
  node: string;
}

export interface OtlpCollector {
  url: string;
  spans: ReceivedSpan[];
  bodies: string[];
  headers: Record<string, unknown>[];
  /** What did not fit the schema. */
  faults: string[];
  /** What it answers from now on; `hang`: nothing. */
  answer: number | "hang";
  stop(): Promise<void>;
}

/** opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest in its JSON mapping: ids hexadecimal, 64 bits as texts, enums as numbers. */
const value = {
  oneOf: [
    { type: "object", required: ["stringValue"], properties: { stringValue: { type: "string" } }, additionalProperties: false }, { type: "object", required: ["boolValue"], properties: { boolValue: { type: "boolean" } }, additionalProperties: false },
    { type: "object", required: ["intValue"], properties: { intValue: { type: "string", pattern: "^-?\\d+$" } }, additionalProperties: false }, { type: "object", required: ["doubleValue"], properties: { doubleValue: { type: "number" } }, additionalProperties: false },
  ],
};
const attributes = { type: "array", items: { type: "object", required: ["key", "value"], properties: { key: { type: "string", minLength: 1 }, value }, additionalProperties: false } };
const traceId = { type: "string", pattern: "^(?!0{32})[0-9a-f]{32}$" };
const spanId = { type: "string", pattern: "^(?!0{16})[0-9a-f]{16}$" };
const nanos = { type: "string", pattern: "^\\d{19}$" };
const span = {
  type: "object", required: ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"], additionalProperties: false,
  properties: {
    traceId, spanId, parentSpanId: spanId, name: { type: "string", minLength: 1 }, kind: { enum: [1, 2, 3, 4, 5] }, startTimeUnixNano: nanos, endTimeUnixNano: nanos, attributes,
    links: { type: "array", items: { type: "object", required: ["traceId", "spanId"], properties: { traceId, spanId, attributes }, additionalProperties: false } },
    status: { type: "object", properties: { code: { enum: [0, 1, 2] }, message: { type: "string" } }, additionalProperties: false },
  },
};
const list = (name: string, items: object) => ({ type: "object", required: [name], properties: { [name]: { type: "array", items } } });
const check = new Ajv().compile(list("resourceSpans", { ...list("scopeSpans", { ...list("spans", span) }), required: ["resource", "scopeSpans"] }));

interface Body { resourceSpans: { resource: { attributes: { key: string; value: { stringValue?: string } }[] }; scopeSpans: { spans: ReceivedSpan[] }[] }[] }

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const collector: OtlpCollector = { url: "", spans: [], bodies: [], headers: [], faults: [], answer: 200, stop: async () => undefined };
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      if (collector.answer === "hang") return;
      if (collector.answer === 200) take(Buffer.concat(pieces).toString(), req.url ?? "", req.headers);
      res.writeHead(collector.answer, { "Content-Type": "application/json" }).end("{}");
    });
  });
  function take(text: string, url: string, headers: Record<string, unknown>): void {
    collector.bodies.push(text);
    collector.headers.push(headers);
    const body = JSON.parse(text) as Body;
    if (url !== "/v1/traces" || headers["content-type"] !== "application/json") collector.faults.push(`${url} ${String(headers["content-type"])}`);
    if (!check(body)) collector.faults.push(JSON.stringify(check.errors));
    for (const { resource, scopeSpans } of body.resourceSpans) {
      const node = resource.attributes.find(({ key }) => key === "service.instance.id")?.value.stringValue ?? "";
      for (const { spans } of scopeSpans) collector.spans.push(...spans.map((one) => ({ ...one, node })));
    }
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  collector.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return collector;
}
