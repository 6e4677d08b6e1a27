/** The part of the OpenAPI document that is about screening and reviews. */
import { FINDING_CODES, SCREENING_VERDICTS } from "../../media/screening/finding.ts";
import { count, json, list, ref, text, time, type Problems } from "./openapi-parts.ts";

const number = { type: "number" };
const id = { name: "id", in: "path", required: true, schema: { type: "string", pattern: "^[0-9a-z]{26}$" } };

const verdict = { enum: SCREENING_VERDICTS };
const code = { enum: FINDING_CODES };
const summary = {
  id: text, title: text, tenant: text, createdAt: time, screenedAt: time, mode: { enum: ["publish-first", "screen-first"] }, verdict,
  reasons: list({ type: "object", properties: { code, message: text } }), frames: { ...count, description: "pictures of the evidence" },
};
const decision = { verdict: { enum: ["pass", "block"] }, note: { type: "string", maxLength: 2_000 } };

export const reviewSchemas = {
  ScreeningState: {
    type: "object", required: ["verdict", "public", "findings"], description: "a person's decision where there is one; absent where videos are not screened",
    properties: { verdict: { enum: [...SCREENING_VERDICTS, "pending"] }, public: { type: "boolean", description: "whether it plays for everybody" }, at: time, reviewed: { type: "boolean" }, findings: list({ type: "object", properties: { code, message: text, verdict } }) },
  },
  ReviewSummary: { type: "object", required: ["id", "tenant", "verdict", "reasons"], properties: summary },
  Review: {
    type: "object", required: ["id", "tenant", "verdict", "findings", "evidence"],
    properties: {
      ...summary,
      findings: list({ type: "object", required: ["code", "message", "verdict"], properties: { code, message: text, verdict, figures: { type: "object", additionalProperties: { type: ["number", "string"] } }, frames: { ...list(count), description: "ticks of the video track" } } }),
      scores: { type: "object", additionalProperties: number }, classifier: { type: "object", properties: { name: text, version: text } },
      cost: { type: "object", properties: { seconds: number, frames: count, bytes: count } },
      evidence: list({ type: "object", properties: { n: count, at: { ...number, description: "seconds" }, codes: list(code) } }),
      decision: { type: "object", properties: { ...decision, at: time, by: text } },
    },
  },
  Decision: { type: "object", additionalProperties: false, required: ["verdict"], properties: decision },
};

export function reviewPaths(problems: Problems) {
  return {
    "/v1/reviews": {
      get: {
        operationId: "listReviews", summary: "Videos that were screened and wait for a person",
        parameters: [{ name: "limit", in: "query", schema: { type: "integer", minimum: 1, maximum: 100, default: 20 } }, { name: "cursor", in: "query", schema: text, description: "`next` of the page before" }],
        responses: { "200": { description: "A page", content: json({ type: "object", required: ["reviews"], properties: { reviews: list(ref("ReviewSummary")), next: text } }) }, ...problems("bad_request", "storage_unavailable") },
      },
    },
    "/v1/reviews/{id}": {
      parameters: [id],
      get: { operationId: "getReview", summary: "What was found of a video", responses: { "200": { description: "Findings, scores and evidence", content: json(ref("Review")) }, ...problems("video_not_found", "conflict") } },
    },
    "/v1/reviews/{id}/frames/{n}.jpg": {
      parameters: [id, { name: "n", in: "path", required: true, schema: count }],
      get: { operationId: "getReviewFrame", summary: "Picture n of the evidence", responses: { "200": { description: "The picture", content: { "image/jpeg": { schema: { type: "string", contentEncoding: "binary" } } } }, ...problems("video_not_found", "not_found", "conflict", "encode_failed", "overloaded", "source_unreachable") } },
    },
    "/v1/reviews/{id}/decision": {
      parameters: [id],
      post: {
        operationId: "decideReview", summary: "Pass or block a video that was screened, for good", description: "What is blocked is not shown anywhere from then on, and known again when it is posted once more, also at another size or bitrate.",
        requestBody: { required: true, content: json(ref("Decision")) },
        responses: { "204": { description: "Decided" }, ...problems("bad_request", "body_too_large", "video_not_found", "video_deleted", "conflict", "cross_site", "storage_unavailable") },
      },
    },
    "/reviews": { get: { operationId: "getReviewsPage", summary: "The page on which videos are reviewed", responses: { "200": { description: "A page", content: { "text/html": { schema: text } } } } } },
  };
}
