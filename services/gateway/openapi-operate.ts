/** The operators' part of the OpenAPI document: paths made from the table of commands, and the schemas of their answers. */
import type { ErrorCode } from "../../config/errors.ts";
import { QUEUE_LANES } from "../../mixins/work-queue/work-queue.contract.ts";
import { ARGUMENTS, COMMANDS, type ArgumentName, type Command, type CommandName } from "../operator/operator.contract.ts";
import { count, list, ref, text } from "./openapi-parts.ts";

const number = { type: "number" };
const truth = { type: "boolean" };
const open = (properties: object) => ({ type: "object", properties });
const record = (values: object) => ({ type: "object", additionalProperties: values });

/** Beyond what its argument and a mesh that is not whole may give. */
const FAULTS: Partial<Record<CommandName, readonly ErrorCode[]>> = { retry: ["conflict", "video_deleted"], cancel: ["conflict"], drain: ["conflict"], undrain: ["conflict"] };

const ANSWERS: Readonly<Record<CommandName, object>> = {
  nodes: open({ nodes: list(ref("Node")) }),
  regions: open({ regions: list(open({ name: text, nodes: count, accepting: count, own: truth, url: text, dark: truth, latencyMs: number, lagMs: number })) }),
  queue: open({ lanes: record(ref("LaneCounts")), tenants: list(open({ tenant: text, waiting: count, running: count, cost: number })), totals: record(count), paceMs: { ...number, description: "ms that a unit of cost takes: about a second of 360p encoded" } }),
  dead: open({ total: count, jobs: { ...list(ref("Job")), description: "the latest hundred" } }),
  video: open({ id: text, status: text, progress: { type: "object" }, reasons: list(ref("Reason")), counts: record(count), jobs: { ...list(ref("Job")), description: "200 at most: what runs, was set aside or is tried again, then what comes next" } }),
  why: ref("Why"),
  trace: ref("Trace"),
  retry: open({ id: text, status: text }),
  cancel: open({ id: text, status: text }),
  drain: ref("NodeStanding"),
  undrain: ref("NodeStanding"),
  pause: ref("LaneCounts"),
  resume: ref("LaneCounts"),
};

/** @param problems one answer a status */
export function operatePaths(problems: (...codes: ErrorCode[]) => Record<string, object>): Record<string, { parameters?: { name: string }[]; get?: object }> {
  const commands = Object.entries<Command>(COMMANDS).map(([name, { argument, method, path, operation, does }]) => {
    const command = name as CommandName;
    const codes = new Set<ErrorCode>([...(argument === undefined ? [] : [ARGUMENTS[argument].code]), ...(FAULTS[command] ?? []), ...(method === "POST" ? ["cross_site" as const] : []), "not_ready", "queue_unavailable"]);
    const responses = { "200": { description: "The answer", content: { "application/json": { schema: ANSWERS[command] } } }, ...problems(...codes) };
    return [path.replace(/:(\w+)/, "{$1}"), {
      ...(argument === undefined ? {} : { parameters: [parameterOf(argument)] }),
      [method.toLowerCase()]: { operationId: operation, summary: does, responses },
    }] as const;
  });
  return {
    ...Object.fromEntries(commands),
    "/v1/ops/events": { get: followMesh(problems("not_ready", "overloaded")) },
    "/ops": { get: { operationId: "getOpsPage", summary: "The page of who is on duty: whether learners wait, and why", responses: { "200": { description: "A page", content: { "text/html": { schema: text } } } } } },
  };
}

const followMesh = (faults: Record<string, object>): object => ({
  operationId: "followMesh", summary: "Server-sent events of the whole mesh, every two seconds: whether learners wait, and why",
  description: "`history` comes first, with the `steps` that the client lacks: ten seconds of the mesh each, of the last twenty minutes. Then `overview`s, each with the steps that ended since the last. Ids are those of steps. The stream ends when its key is no longer good, or the node leaves.",
  parameters: [{ name: "Last-Event-ID", in: "header", schema: text, description: "Resumes after this step." }],
  responses: { "200": { description: "Events", content: { "text/event-stream": { schema: text } } }, ...faults },
});

function parameterOf(name: ArgumentName): { name: string; in: string; required: boolean; schema: object } {
  return { name, in: "path", required: true, schema: { type: "string", pattern: ARGUMENTS[name].pattern } };
}

const standing = {
  state: { enum: ["active", "draining", "drained", "quarantined", "unknown", "away"], description: "`unknown`: the node says nothing of it; `away`: the mesh does not hear of it" },
  reasons: list(open({ code: text, message: text })), since: { type: "string", format: "date-time" }, running: { ...record(count), description: "work that a drain waits for, by kind" },
};

export const operateSchemas = {
  NodeStanding: open({ id: text, ...standing }),
  Node: open({
    id: text, available: truth, ...standing, region: { type: ["string", "null"] }, services: list(text), host: { type: ["string", "null"] }, cpuPercent: { type: ["number", "null"] }, gateway: truth, uptimeSec: count,
    slots: { ...open({ total: count, play: count, background: count, waiting: count }), description: "of FFmpeg, where the node transcodes; `play` and `background` are in use" },
    versions: open({ node: text, moleculer: text, protocol: count }),
  }),
  LaneCounts: open({ lane: { enum: QUEUE_LANES }, waiting: count, active: count, failed: { ...count, description: "set aside" }, paused: truth, oldestMs: { ...number, description: "how long what has waited longest waits" } }),
  Job: open({
    id: text, lane: { enum: QUEUE_LANES }, tenant: text, group: { ...text, description: "the video" }, state: { enum: ["waiting", "active", "delayed", "dead"] },
    data: open({ videoId: text, renditions: list(text), first: count, last: count, lane: text }), cost: number, addedAt: { ...number, description: "ms since 1970" }, attempts: count, stalls: { ...count, description: "nodes that ran it and died, or stood still" },
    runners: list(open({ owner: text, since: number, progress: number })), cause: { ...text, description: "the request that it goes back to" }, message: text, code: text,
  }),
  Trace: open({
    requestId: text, traceId: { ...text, description: "as a collector of traces has it" }, why: { enum: ["sampled", "asked", "failed", "slow", null], description: "why it is kept; null: it is one of the latest" }, at: { type: "string", format: "date-time" }, durationMs: number,
    spans: { ...list(open({ id: text, parentId: text, name: text, kind: { enum: ["server", "internal", "client"] }, node: text, depth: count, sinceStartMs: number, durationMs: number, tags: { type: "object" }, error: text })), description: "each followed by what it is made of" },
    lost: { ...count, description: "spans that found no room" }, cause: { ...text, description: "of work in the background: the request that it goes back to" }, caused: list(text), silent: { ...list(text), description: "nodes that did not answer" },
  }),
  Why: open({
    id: text, status: text, totalMs: count, sentence: text,
    steps: list(open({ name: text, at: { type: "string", format: "date-time" }, sinceStartMs: count, afterMs: { ...count, description: "since the step before" } })),
    parts: { ...list(open({ name: { enum: ["validating", "planning", "waiting", "making", "delayed", "other", "unknown"] }, ms: count, share: number })), description: "of the whole time, the largest first" },
    queue: open({ lane: { enum: QUEUE_LANES }, ahead: { ...count, description: "chunks that waited in the lane when the video's came" }, paused: truth, waiting: count, active: count, taken: count, completed: count, failures: count, stalls: count, nodes: list(open({ node: text, ms: count })) }),
  }),
};
