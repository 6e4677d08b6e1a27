/** Spans as OpenTelemetry's collectors take them: OTLP 1.x over HTTP, as JSON (https://opentelemetry.io/docs/specs/otlp/). */
import { createHash } from "node:crypto";
import { escapeControls } from "../logging/log-entry.ts";
import type { Scrub } from "../logging/scrub.ts";
import { traceIdOf } from "../requests/request-id.ts";
import type { Span, SpanKind, TagValue, Tags } from "./span.ts";

export interface KeptSpan { requestId: string; span: Span }
export interface Resource { node: string; region: string; version: string }

const MAX_TEXT = 1_000;
/** opentelemetry.proto.trace.v1.Span.SpanKind and Status.StatusCode. */
const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;

/** An ExportTraceServiceRequest. Numbers of 64 bits are texts there, ids are hexadecimal. */
export function encodeSpans(spans: readonly KeptSpan[], { node, region, version }: Resource, scrub: Scrub): object {
  const text = (value: string): string => cleanText(value, scrub);
  const attributes = (tags: Tags) => Object.entries(tags).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: encodeValue(typeof value === "string" ? text(value) : value) }]));
  return {
    resourceSpans: [{
      resource: { attributes: attributes({ "service.name": "lectern", "service.version": version, "service.instance.id": node, "cloud.region": region }) },
      scopeSpans: [{
        scope: { name: "lectern", version },
        spans: spans.map(({ requestId, span: { id, parentId, name, kind, startMs, durationMs, tags, error, link } }) => ({
          traceId: traceIdOf(requestId), spanId: spanIdOf(id), ...(parentId === undefined ? {} : { parentSpanId: spanIdOf(parentId) }),
          name: text(name), kind: KINDS[kind], startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(startMs + durationMs),
          attributes: attributes({ ...tags, "lectern.request_id": requestId, ...(link === undefined ? {} : { "lectern.cause": link.requestId }) }),
          ...(link === undefined ? {} : { links: [{ traceId: traceIdOf(link.requestId), spanId: spanIdOf(link.spanId) }] }),
          status: error === undefined ? {} : { code: STATUS_ERROR, message: text(error) },
        })),
      }],
    }],
  };
}

/** What may be shown of a text in a trace. */
export function cleanText(value: string, scrub: Scrub): string {
  const clean = escapeControls(scrub(value));
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

function encodeValue(value: TagValue): object {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Nodes of an older version have ids of another form. */
function spanIdOf(id: string): string {
  return /^(?!0{16})[0-9a-f]{16}$/.test(id) ? id : createHash("sha256").update(id).digest("hex").slice(0, 16);
}

/** A double holds microseconds since 1970, not nanoseconds. */
function nanos(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}
