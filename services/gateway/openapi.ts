/** The OpenAPI 3.1 description of the routes. A test compares its paths with the routes table. */
import { readFileSync } from "node:fs";
import type { Permission } from "../../config/access/permissions.ts";
import { VISIBILITIES } from "../../config/access/watching.ts";
import { ERRORS, type ErrorCode } from "../../config/errors.ts";
import { STILL_FORMATS } from "../../media/ffmpeg/still-arguments.ts";
import { FAULTS } from "../../media/quality/report.ts";
import { REASON_CLASSES } from "../videos/videos.contract.ts";
import { auditPaths, auditSchemas } from "./openapi-audit.ts";
import { accessPaths, accessSchemas, securitySchemes, withSecurity } from "./openapi-access.ts";
import { linkPaths, linkSchemas } from "./openapi-links.ts";
import { operatePaths, operateSchemas } from "./openapi-operate.ts";
import { capacityPaths, capacitySchemas } from "./openapi-capacity.ts";
import { errorPaths, errorSchemas } from "./openapi-errors.ts";
import { webhookPaths, webhookSchemas } from "./openapi-webhooks.ts";
import { personPaths, personSchemas } from "./openapi-persons.ts";
import { timetablePaths, timetableSchemas } from "./openapi-timetable.ts";
import { usagePaths, usageSchemas } from "./openapi-usage.ts";
import { reviewPaths, reviewSchemas } from "./openapi-reviews.ts";
import { count, json, ref, text } from "./openapi-parts.ts";

const inPath = (name: string, schema: object = text) => ({ name, in: "path", required: true, schema });
const id = inPath("id", { type: "string", pattern: "^[0-9a-z]{26}$" });
const rendition = { ...inPath("rendition"), description: "`source`, `360p`, …, `audio`" };
const captions = { ...inPath("name"), description: "`sub`, `sub-1`, …" };
const playlist = { "application/vnd.apple.mpegurl": { schema: text } };
const binary = { schema: { type: "string", contentEncoding: "binary" } };
const seconds = { type: "string", pattern: "^\\d{1,9}(\\.\\d{1,9})?$", examples: ["12.48"] };
const segment = { "video/mp4": { schema: { type: "string", contentEncoding: "binary" } } };
const page = { "text/html": { schema: text } };

/** One answer a status; problems of one status are listed together. */
function problems(...codes: ErrorCode[]): Record<string, object> {
  const byStatus = Map.groupBy(codes, (code) => String(ERRORS[code].status));
  return Object.fromEntries([...byStatus].map(([status, group]) => [status, {
    description: group.map((code) => `\`${code}\`: ${ERRORS[code].meaning}`).join("; "),
    content: { "application/problem+json": { schema: ref("Problem") } },
  }]));
}

const ok = (description: string, content?: object, headers?: object) => ({ description, ...(content && { content }), ...(headers && { headers }) });
const region = { name: "region", in: "query", schema: text, description: "a region that is to be used, while it is healthy; or the header Lectern-Region" };
const elsewhere = { "307": ok("A nearer region has it, where the mesh sends players on", undefined, { Location: { schema: { type: "string", format: "uri" } } }) };
const location = { Location: { schema: { type: "string", format: "uri" } } };
const tusHeader = (name: string, schema: object, required = true) => ({ name, in: "header", required, schema });
const tusResumable = tusHeader("Tus-Resumable", { const: "1.0.0" });
const uploadChecksum = tusHeader("Upload-Checksum", { type: "string", pattern: "^(sha1|sha256) [A-Za-z0-9+/]+=*$" }, false);
const uploadState = { "Upload-Offset": { schema: count }, "Upload-Expires": { schema: text } };
const tusOffer = Object.fromEntries(["Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"].map((name) => [name, { schema: text }]));

const paths = {
  "/v1/videos": {
    post: {
      operationId: "submitVideo", summary: "Ask for a video: it plays at once, while it is being encoded",
      description: "A resumable upload may be posted as soon as it has begun: it plays as far as it has arrived. Posted again when it is finished it is the same video; the same bytes in another upload are, too, once this one is finished.",
      parameters: [region, { name: "Idempotency-Key", in: "header", schema: { type: "string", maxLength: 255 }, description: "The same key and body give the same video." }],
      requestBody: { required: true, content: json(ref("SubmitRequest")) },
      responses: { "202": ok("Accepted, and durable", json(ref("Video")), location), ...problems("bad_request", "bad_url", "body_too_large", "source_refused", "upload_not_found", "idempotency_conflict", "too_many_requests", "rate_limited", "overloaded", "storage_unavailable", "region_unavailable") },
    },
    get: {
      operationId: "listVideos", summary: "Videos, newest first",
      parameters: [{ name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 20 } }, { name: "cursor", in: "query", schema: text, description: "`next` of the page before" }],
      responses: { "200": ok("A page", json({ type: "object", required: ["videos"], properties: { videos: { type: "array", items: ref("Video") }, next: text } })), ...problems("bad_request") },
    },
  },
  "/v1/videos/{id}": {
    parameters: [id],
    get: { operationId: "getVideo", summary: "A video as it is now", responses: { "200": ok("The video", json(ref("Video"))), ...problems("video_not_found") } },
    delete: { operationId: "deleteVideo", summary: "Delete a video and all its media", responses: { "204": ok("Deleted"), ...problems("video_not_found") } },
  },
  "/v1/videos/{id}/events": {
    parameters: [id],
    get: {
      operationId: "followVideo", summary: "Server-sent events of a video, until it is complete, rejected, failed or deleted",
      description: "`video` carries the whole video; it comes first and again before news. The others (`submitted`, `validated`, `planned`, `progress`, `refused`, `complete`, `rejected`, `failed`, `reopened`, `deleted`, `screened`, `reviewed`) are its history and have ids; an end is left out when the video was opened again after it.",
      parameters: [{ name: "Last-Event-ID", in: "header", schema: text, description: "Resumes after this event." }],
      responses: { "200": ok("Events", { "text/event-stream": { schema: text } }), "204": ok("All has been said before"), ...problems("video_not_found", "overloaded") },
    },
  },
  ...linkPaths(id, problems),
  "/v1/videos/{id}/frame": {
    parameters: [id],
    get: {
      operationId: "getFrame", summary: "The frame that is shown at exactly t, as an image",
      parameters: [
        { name: "t", in: "query", required: true, schema: seconds, description: "seconds from the first frame; the frame is the last one whose time is not after t" },
        { name: "width", in: "query", schema: { type: "integer", minimum: 1, maximum: 99_999 }, description: "in pixels; never more than the video's own, which is also the default" },
        { name: "format", in: "query", schema: { enum: STILL_FORMATS, default: "jpg" } },
      ],
      responses: { "200": ok("The image", { "image/jpeg": binary, "image/webp": binary, "image/png": binary, "image/avif": binary }, { ETag: { schema: text } }), "304": ok("The one that If-None-Match names"), ...problems("bad_request", "video_not_found", "video_deleted", "blocked", "video_rejected", "video_failed", "plan_pending", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") },
    },
  },
  "/v1/videos/{id}/clip": {
    parameters: [id],
    get: {
      operationId: "getClip", summary: "A span of a video as an MP4 to download, exact to the frame; at most five minutes",
      description: "Made when it is first asked for, and kept. What takes longer than a request may wait is answered `clip_pending`; asking again finds it.",
      parameters: [
        { name: "start", in: "query", required: true, schema: seconds, description: "seconds; frames from this time on" },
        { name: "end", in: "query", required: true, schema: seconds, description: "seconds; frames before this time" },
        { name: "Range", in: "header", schema: text },
      ],
      responses: { "200": ok("The clip", segment), "206": ok("A range of its bytes", segment), "416": ok("There are no such bytes"), ...problems("bad_request", "video_not_found", "video_deleted", "blocked", "video_rejected", "video_failed", "plan_pending", "clip_pending", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") },
    },
  },
  "/v1/uploads": {
    post: {
      operationId: "uploadFile", summary: "Upload a file as the raw body",
      requestBody: { required: true, content: { "application/octet-stream": { schema: { type: "string", contentEncoding: "binary" } } } },
      responses: { "201": ok("Stored", json(ref("Upload")), location), ...problems("bad_request", "upload_empty", "upload_incomplete", "source_too_large", "storage_full", "storage_unavailable") },
    },
  },
  "/v1/uploads/tus": {
    options: { operationId: "describeResumableUploads", summary: "What of tus 1.0 is offered: versions, extensions, checksums, the largest size", responses: { "204": ok("Said in headers", undefined, tusOffer) } },
    post: {
      operationId: "beginUpload", summary: "Begin a resumable upload (tus 1.0)",
      description: "Its bytes may come at once (`application/offset+octet-stream`) or by PATCH. The last part of Location is the `uploadId`. It expires when it is not finished within a day.",
      parameters: [tusResumable, tusHeader("Upload-Length", count), tusHeader("Upload-Metadata", text, false), uploadChecksum],
      responses: { "201": ok("Begun", undefined, { ...location, ...uploadState }), ...problems("bad_request", "tus_unsupported", "upload_empty", "upload_incomplete", "checksum_mismatch", "source_too_large", "storage_full", "storage_unavailable") },
    },
  },
  "/v1/uploads/tus/{uploadId}": {
    parameters: [inPath("uploadId", { type: "string", pattern: "^[0-9a-z]{26}$" })],
    options: { operationId: "describeResumableUpload", summary: "As for all uploads", responses: { "204": ok("Said in headers", undefined, tusOffer) } },
    head: { operationId: "getUploadOffset", summary: "Where an upload goes on", parameters: [tusResumable], responses: { "200": ok("Said in headers", undefined, { ...uploadState, "Upload-Length": { schema: count } }), ...problems("tus_unsupported", "upload_not_found", "upload_expired", "storage_full", "storage_unavailable") } },
    patch: {
      operationId: "appendToUpload", summary: "The bytes from an offset on; with the last ones it is an upload like any other",
      description: "What came of a request that breaks off is kept, unless it has a checksum: of those nothing counts before all has come and is right. An upload is made of 10,000 pieces at most.",
      parameters: [tusResumable, tusHeader("Upload-Offset", count), uploadChecksum],
      requestBody: { required: true, content: { "application/offset+octet-stream": binary } },
      responses: { "204": ok("Kept", undefined, uploadState), ...problems("bad_request", "tus_unsupported", "upload_not_found", "upload_conflict", "upload_expired", "upload_incomplete", "checksum_mismatch", "source_too_large", "storage_full", "storage_unavailable") },
    },
    delete: { operationId: "abandonUpload", summary: "Give up an upload that is not finished", parameters: [tusResumable], responses: { "204": ok("Removed"), ...problems("tus_unsupported", "upload_not_found", "upload_conflict") } },
  },
  "/play/{id}/master.m3u8": {
    parameters: [id],
    get: { operationId: "getMasterPlaylist", summary: "The multivariant playlist; waits a moment for a new video's plan", parameters: [region], responses: { "200": ok("HLS", playlist), ...elsewhere, ...problems("video_not_found", "video_deleted", "blocked", "video_rejected", "video_failed", "plan_pending") } },
  },
  "/play/{id}/storyboard.vtt": {
    parameters: [id],
    get: { operationId: "getStoryboard", summary: "Previews for seeking: a WebVTT track of parts of sheets, complete as soon as the video plays", responses: { "200": ok("WebVTT with #xywh", { "text/vtt": { schema: text } }), ...problems("video_not_found", "video_deleted", "blocked", "video_rejected", "video_failed", "plan_pending") } },
  },
  "/play/{id}/storyboard/{n}.jpg": {
    parameters: [id, inPath("n", count)],
    get: { operationId: "getStoryboardSheet", summary: "Sheet n of the previews, from 0; made now if nobody has it", responses: { "200": ok("Up to a hundred previews", { "image/jpeg": binary }, { ETag: { schema: text } }), "304": ok("The one that If-None-Match names"), ...problems("video_not_found", "blocked", "segment_not_found", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") } },
  },
  "/play/{id}/manifest.mpd": {
    parameters: [id],
    get: { operationId: "getManifest", summary: "The DASH manifest, of the same segments; waits like the multivariant playlist", parameters: [region], responses: { "200": ok("DASH", { "application/dash+xml": { schema: text } }), ...elsewhere, ...problems("video_not_found", "hls_only", "video_deleted", "blocked", "video_rejected", "video_failed", "plan_pending") } },
  },
  "/play/{id}/key": {
    parameters: [id],
    get: { operationId: "getContentKey", summary: "The key of a protected video: 16 bytes, for HLS", responses: { "200": ok("The key", { "application/octet-stream": { schema: { type: "string", format: "binary" } } }), ...problems("video_not_found", "video_deleted", "no_content_key", "blocked", "video_rejected", "video_failed", "plan_pending", "not_ready") } },
  },
  "/play/{id}/license": {
    parameters: [id],
    post: {
      operationId: "getLicense", summary: "A licence of the browser's own ClearKey for a video under `cbcs`; the body's Content-Type does not matter",
      requestBody: { required: true, content: json({ type: "object", required: ["kids"], properties: { kids: { type: "array", minItems: 1, maxItems: 64, items: { ...text, pattern: "^[A-Za-z0-9_-]{22}$" } }, type: text } }) },
      responses: {
        "200": ok("A JSON Web Key Set", json({ type: "object", required: ["keys", "type"], properties: { keys: { type: "array", items: { type: "object", properties: { kty: text, kid: text, k: text } } }, type: text } })),
        ...problems("bad_request", "body_too_large", "video_not_found", "video_deleted", "no_content_key", "blocked", "video_rejected", "video_failed", "plan_pending", "not_ready"),
      },
    },
  },
  "/play/{id}/subs/{name}.m3u8": {
    parameters: [id, captions],
    get: { operationId: "getCaptionPlaylist", summary: "Captions as HLS wants them: one segment", responses: { "200": ok("HLS", playlist), ...problems("video_not_found", "blocked", "segment_not_found", "plan_pending") } },
  },
  "/play/{id}/subs/{name}.vtt": {
    parameters: [id, captions],
    get: { operationId: "getCaptions", summary: "Captions of the source; taken out of it now if nobody has yet", responses: { "200": ok("WebVTT", { "text/vtt": { schema: text } }), ...problems("video_not_found", "blocked", "segment_not_found", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") } },
  },
  "/play/{id}/{rendition}/iframes.m3u8": {
    parameters: [id, rendition],
    get: { operationId: "getKeyFramePlaylist", summary: "One key frame a segment, for scrubbing", responses: { "200": ok("HLS", playlist), ...problems("video_not_found", "blocked", "segment_not_found", "plan_pending") } },
  },
  "/play/{id}/{rendition}/keys/{n}.m4s": {
    parameters: [id, rendition, inPath("n", count)],
    get: { operationId: "getKeyFrame", summary: "The key frame of segment n, lasting as long as the segment", responses: { "200": ok("CMAF fragment", segment), ...problems("video_not_found", "blocked", "segment_not_found", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") } },
  },
  "/play/{id}/{rendition}/media.m3u8": {
    parameters: [id, rendition],
    get: { operationId: "getMediaPlaylist", summary: "The complete playlist of a rendition, whatever has been encoded", responses: { "200": ok("HLS", playlist), ...problems("video_not_found", "video_deleted", "blocked", "segment_not_found", "video_rejected", "plan_pending") } },
  },
  "/play/{id}/{rendition}/init.mp4": {
    parameters: [id, rendition],
    get: { operationId: "getInitSegment", summary: "The init segment of a rendition", responses: { "200": ok("CMAF header", segment), ...problems("video_not_found", "blocked", "segment_not_found", "overloaded") } },
  },
  "/play/{id}/{rendition}/{n}.m4s": {
    parameters: [id, rendition, inPath("n", count)],
    get: { operationId: "getSegment", summary: "Media segment n, from 0; made now if nobody has it", responses: { "200": ok("CMAF segment", segment, { "Server-Timing": { schema: text, description: "what it was spent on, stage by stage, in ms to its first byte, and where the bytes were" } }), ...problems("video_not_found", "blocked", "segment_not_found", "encode_failed", "encode_stalled", "overloaded", "source_changed", "source_pending", "source_unreachable", "upload_incomplete") } },
  },
  ...operatePaths(problems),
  "/v1/regions": {
    get: {
      operationId: "listRegions", summary: "Regions of the mesh as this one sees them, healthy ones first, then the quickest to answer; none where there is one region",
      parameters: [region],
      responses: { "200": ok("Regions", json({ type: "object", required: ["regions"], properties: { best: { ...text, description: "the one to use for who asks" }, regions: { type: "array", items: ref("Region") } } })) },
    },
  },
  ...accessPaths(problems),
  ...auditPaths(problems),
  ...reviewPaths(problems),
  ...errorPaths(problems),
  ...capacityPaths(problems),
  ...webhookPaths(problems),
  ...personPaths(problems),
  ...usagePaths(problems),
  ...timetablePaths(problems),
  "/health/live": { get: { operationId: "getLiveness", summary: "Whether this node runs", responses: { "200": ok("It does", json({ type: "object" })) } } },
  "/health/ready": { get: { operationId: "getReadiness", summary: "Whether a posted video would play", responses: { "200": ok("It would", json({ type: "object" })), ...problems("not_ready") } } },
  "/metrics": { get: { operationId: "getMetrics", summary: "This node's metrics", responses: { "200": ok("Prometheus text", { "text/plain": { schema: text } }), ...problems("not_ready") } } },
  "/openapi.json": { get: { operationId: "getOpenApi", summary: "This document", responses: { "200": ok("OpenAPI 3.1", json({ type: "object" })) } } },
  "/": { get: { operationId: "getStartPage", summary: "The start page", responses: { "200": ok("A page", page) } } },
  "/docs": { get: { operationId: "getDocsPage", summary: "This document, readable", responses: { "200": ok("A page", page) } } },
  "/watch/{id}": { parameters: [id], get: { operationId: "getWatchPage", summary: "The player page of a video", responses: { "200": ok("A page", page), ...problems("video_not_found") } } },
  "/assets/{file}": { parameters: [inPath("file")], get: { operationId: "getAsset", summary: "What pages are made of", responses: { "200": ok("A file"), ...problems("not_found") } } },
};

const schemas = {
  SubmitRequest: {
    type: "object", additionalProperties: false,
    properties: {
      url: { type: "string", format: "uri", description: "http(s) URL of the source; or uploadId" },
      uploadId: { ...text, description: "of an upload, or of a resumable one that has begun" },
      title: { type: "string", maxLength: 300 },
      tenant: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,62}$", default: "default", description: "whose video it is: tenants share the encoders fairly" },
      visibility: { enum: VISIBILITIES, description: "`public`: for whoever knows its id; `private`: for those with a key or a link; by default what this mesh is set to. The same source may be both: two videos" },
      policy: { enum: ["lazy", "hybrid", "eager"], default: "hybrid", description: "encode what is watched, what is likely to be, or everything" },
      protection: { enum: ["none", "aes-128", "cbcs"], description: "how the media travel to players; by default as the setting says" },
      priority: { enum: ["high", "normal", "low"], default: "normal" },
      labels: { type: "object", maxProperties: 16, additionalProperties: { type: "string", maxLength: 64 } },
      region: { ...text, description: "the region that is to work on it; by default the best one for who asks" },
    },
  },
  Video: {
    type: "object", required: ["id", "status", "createdAt", "visibility", "playback"],
    properties: {
      id: text,
      status: { enum: ["submitted", "rejected", "ready", "complete", "failed", "deleted"], description: "`ready`: it plays; `complete`: all planned segments are stored, but for those that `quality` says were refused" },
      title: text, createdAt: { type: "string", format: "date-time" },
      source: { type: "object" }, tenant: text, visibility: { enum: VISIBILITIES }, policy: text, protection: { enum: ["none", "aes-128", "cbcs"] }, priority: text, labels: { type: "object", additionalProperties: text },
      reasons: { type: "array", items: ref("Reason") }, durationSec: { type: "number" },
      renditions: { type: "array", items: { type: "object", properties: { name: text, kind: { enum: ["video", "audio"] }, mode: { enum: ["repackage", "encode"] }, codecs: text, width: count, height: count, storedSegments: count, plannedSegments: count, segments: count } } },
      notes: { type: "array", description: "what is unusual about the source, and what it costs", items: { type: "object", required: ["code", "message"], properties: { code: { enum: ["non_standard", "audio_dropped", "frames_dropped", "cut_by_time"] }, message: text } } },
      progress: { type: "object", properties: { stage: { enum: ["validating", "planning", "encoding", "done"] }, storedSegments: count, plannedSegments: count, etaSec: { type: "number" } } },
      quality: {
        type: "object", description: "what checks of the segments found so far; refused ones are not stored, and made anew when they are watched",
        properties: {
          checkedSegments: count, refusedSegments: count,
          renditions: { type: "array", items: { type: "object", properties: { name: text, checkedSegments: count, madeAgain: count, minSsim: { type: "number" }, meanSsim: { type: "number" }, vmaf: { type: "number" }, sourceErrors: count } } },
          refused: { type: "array", items: { type: "object", properties: { rendition: text, segment: count, fault: { enum: FAULTS }, detail: text } } },
        },
      },
      screening: ref("ScreeningState"),
      existing: { type: "boolean", description: "the source was already this video" },
      region: { ...text, description: "the region that accepted it; absent where there is one" },
      replicatedTo: { type: "array", items: text, description: "in the answer to a post: other regions that have its record already" },
      playback: { type: "object", properties: { hls: { type: "string", format: "uri" }, dash: { type: "string", format: "uri", description: "absent under `aes-128`" }, page: { type: "string", format: "uri" } } },
    },
  },
  Upload: { type: "object", required: ["uploadId", "size", "sha256"], properties: { uploadId: text, size: count, sha256: text } },
  Region: {
    type: "object", required: ["name", "own", "url", "healthy"],
    properties: {
      name: text, own: { type: "boolean" }, url: { type: "string", format: "uri" }, healthy: { type: "boolean" }, dark: { type: "boolean" }, nodes: count,
      latencyMs: { type: ["number", "null"], description: "of its store, from here" }, place: { type: "object", properties: { latitude: { type: "number" }, longitude: { type: "number" } } },
      countries: { type: "array", items: text }, waiting: { ...count, description: "what this node has to copy there" }, lagSec: { type: "number" },
    },
  },
  ...operateSchemas,
  ...accessSchemas,
  ...auditSchemas,
  ...linkSchemas,
  ...reviewSchemas,
  ...errorSchemas,
    ...capacitySchemas,
  ...webhookSchemas,
  ...personSchemas,
  ...usageSchemas,
  ...timetableSchemas,
  Reason: { type: "object", required: ["class", "message"], properties: { class: { enum: REASON_CLASSES }, message: text } },
  Problem: {
    type: "object", required: ["type", "title", "status", "detail", "code", "requestId"], description: "RFC 9457",
    properties: { type: text, title: text, status: { type: "integer" }, detail: text, code: { enum: [...Object.keys(ERRORS), "internal_error"] }, requestId: text, reasons: { type: "array", items: ref("Reason") } },
  },
};

/** @param permissions what each operation asks for */
export function openApiDocument(permissions: Readonly<Record<string, Permission>> = {}): { openapi: string; info: object; paths: typeof paths; components: object } {
  return { openapi: "3.1.0", info: { title: "Lectern", version: packageVersion, description: "Video for education: post a lecture, play it at once." }, paths: withSecurity(paths, permissions, problems), components: { schemas, securitySchemes } };
}

const packageVersion = parseVersion(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

function parseVersion(packageJson: string): string {
  const { version } = JSON.parse(packageJson) as { version: string };
  return version;
}
