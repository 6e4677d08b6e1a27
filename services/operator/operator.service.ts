/**
 * operator: what a person who runs the mesh asks and orders, put together from what the other services and the nodes
 * say. It owns nothing but what it saw last, and decides nothing about work. Any number may run.
 */
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { reaches } from "../../config/access/permissions.ts";
import { fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { tenantOf } from "../../config/tenants.ts";
import type { JobState } from "../../mixins/work-queue/work-queue.contract.ts";
import type { QueueReport, StoryAnswer } from "../scheduler/scheduler.contract.ts";
import type { VideoHistory, VideoView } from "../videos/videos.contract.ts";
import { explainVideo } from "./explain-video.ts";
import { gatherTrace } from "./gather-trace.ts";
import { isUnknownAction, listNodes, parseStanding, type Call, type NodeEntry } from "./list-nodes.ts";
import { listRegions, type RegionEntry } from "./list-regions.ts";
import { openOverview, type OverviewSource } from "./overview/open-overview.ts";
import type { OverviewAnswer, OverviewParams } from "./overview.contract.ts";
import { ARGUMENTS, type Answers, type Job, type LaneStep, type NodeStep, type VideoStep } from "./operator.contract.ts";

interface State { overview: OverviewSource }
interface NodeGone { node: { id: string }; unexpected?: boolean }
type IdParams = { id: string };
type NodeParams = { node: string };
type LaneParams = { lane: LaneStep["lane"] };

const SHOWN_DEAD = 100;
const SHOWN_JOBS = 200;
const NODE_MS = 5_000;
/** What was done must not be done again because its answer was lost. */
const ONCE = { retries: 0 };
const BY_URGENCY: readonly JobState[] = ["active", "dead", "delayed", "waiting"];

const argument = (name: keyof typeof ARGUMENTS) => ({ [name]: { type: "string", pattern: ARGUMENTS[name].pattern } });

export function operatorService() {
  const schema: ServiceSchema<ServiceSettingSchema, object, State> = {
    name: "operator",
    actions: {
      nodes: async (ctx: Context): Promise<Answers["nodes"]> => ({ nodes: await listNodes(callOf(ctx)) }),
      regions: async (ctx: Context): Promise<Answers["regions"]> => {
        const call = callOf(ctx);
        const [nodes, entries] = await Promise.all([listNodes(call), call<RegionEntry[]>("storage.regions").catch(() => [])]); // a mesh of one region need not have it
        return { regions: listRegions(nodes, entries) };
      },
      queue: async (ctx: Context): Promise<Answers["queue"]> => await ctx.call<QueueReport>("scheduler.report"),
      dead: async (ctx: Context): Promise<Answers["dead"]> => {
        const [{ lanes }, jobs] = await Promise.all([ctx.call<QueueReport>("scheduler.report"), ctx.call<Job[], object>("scheduler.dead", { limit: SHOWN_DEAD })]);
        return { total: Object.values(lanes).reduce((sum, { failed }) => sum + failed, 0), jobs };
      },
      /** The whole mesh in one look. Who asks is not named to the nodes: the looks are shared by all who watch. */
      overview: {
        params: { after: "number|optional" },
        handler(ctx: Context<OverviewParams>): Promise<OverviewAnswer> {
          return this.overview.look(ctx.params.after);
        },
      },
      video: {
        params: argument("id"),
        async handler(ctx: Context<IdParams>): Promise<Answers["video"]> {
          const { id } = ctx.params;
          const { status, progress, reasons } = await findTheirs(ctx);
          const jobs = await ctx.call<Job[], IdParams>("scheduler.jobs", { id });
          const count = (state: JobState): number => jobs.filter((job) => job.state === state).length;
          return {
            id, status, ...(progress === undefined ? {} : { progress }), ...(reasons === undefined ? {} : { reasons }),
            counts: { waiting: count("waiting"), active: count("active"), delayed: count("delayed"), dead: count("dead") },
            jobs: jobs.toSorted(byUrgency).slice(0, SHOWN_JOBS),
          };
        },
      },
      why: {
        params: argument("id"),
        async handler(ctx: Context<IdParams>): Promise<Answers["why"]> {
          const { id } = ctx.params;
          await findTheirs(ctx);
          const history = await ctx.call<VideoHistory, IdParams>("videos.history", { id });
          const [story, report] = await Promise.all([
            ctx.call<StoryAnswer, IdParams>("scheduler.story", { id }).catch(() => null),
            ctx.call<QueueReport>("scheduler.report").catch(() => undefined),
          ]);
          return explainVideo({ history, story, lanes: report?.lanes, nowMs: Date.now() });
        },
      },
      trace: {
        params: argument("request"),
        async handler(ctx: Context<{ request: string }>): Promise<Answers["trace"]> {
          return await gatherTrace(ctx.params.request, callOf(ctx));
        },
      },
      retry: {
        params: argument("id"),
        async handler(ctx: Context<IdParams>): Promise<VideoStep> {
          await findTheirs(ctx);
          await ctx.call("scheduler.retry", ctx.params, ONCE);
          return await statusOf(ctx);
        },
      },
      cancel: {
        params: argument("id"),
        async handler(ctx: Context<IdParams>): Promise<VideoStep> {
          await findTheirs(ctx);
          await ctx.call("scheduler.cancel", ctx.params, ONCE);
          return await statusOf(ctx);
        },
      },
      drain: { params: argument("node"), handler: (ctx: Context<NodeParams>): Promise<NodeStep> => order(ctx, "node.drain") },
      undrain: { params: argument("node"), handler: (ctx: Context<NodeParams>): Promise<NodeStep> => order(ctx, "node.undrain") },
      pause: { params: argument("lane"), handler: (ctx: Context<LaneParams>): Promise<LaneStep> => setLane(ctx, "scheduler.pause") },
      resume: { params: argument("lane"), handler: (ctx: Context<LaneParams>): Promise<LaneStep> => setLane(ctx, "scheduler.resume") },
    },
    events: {
      "$node.connected"(ctx: Context<NodeGone>) {
        this.overview.noteThere(ctx.params.node.id);
      },
      "$node.disconnected"(ctx: Context<NodeGone>) {
        this.overview.noteGone(ctx.params.node.id, ctx.params.unexpected === true);
      },
    },
    created() {
      this.overview = openOverview(this.broker);
    },
  };
  return schema;
}

const callOf = (ctx: Context): Call => <Result>(action: string, params = {}, options = {}) => ctx.call<Result, object>(action, params, options);

/** What runs or needs a look first; then what comes first. */
function byUrgency(a: Job, b: Job): number {
  return BY_URGENCY.indexOf(a.state) - BY_URGENCY.indexOf(b.state) || a.data.first - b.data.first || (a.id < b.id ? -1 : 1);
}

/** @throws video_not_found, also for another tenant's */
async function findTheirs(ctx: Context<IdParams>): Promise<VideoView> {
  const view = await ctx.call<VideoView, IdParams>("videos.get", { id: ctx.params.id });
  const caller = callerOf(ctx);
  if (caller !== undefined && !reaches(caller, tenantOf(view))) throw fail("video_not_found", ARGUMENTS.id.message);
  return view;
}

async function statusOf(ctx: Context<IdParams>): Promise<VideoStep> {
  const { id, status } = await ctx.call<VideoView, IdParams>("videos.get", { id: ctx.params.id });
  return { id, status };
}

async function setLane(ctx: Context<LaneParams>, action: string): Promise<LaneStep> {
  const { lane } = ctx.params;
  await ctx.call(action, { lane });
  const { lanes } = await ctx.call<QueueReport>("scheduler.report");
  return { lane, ...lanes[lane] };
}

/** @throws node_not_found; conflict when the node is away, or does not know how */
async function order(ctx: Context<NodeParams>, action: string): Promise<NodeStep> {
  const { node } = ctx.params;
  const found = (await ctx.call<NodeEntry[]>("$node.list")).find(({ id }) => id === node);
  if (found === undefined) throw fail("node_not_found", ARGUMENTS.node.message);
  if (!found.available) throw fail("conflict", "The node is away: the mesh does not hear of it.");
  try {
    return { id: node, ...parseStanding(await ctx.call(action, {}, { nodeID: node, timeout: NODE_MS, retries: 0 })) };
  } catch (error) {
    if (isUnknownAction(error)) throw fail("conflict", `The node does not know ${action}: it runs no service for it.`);
    throw error;
  }
}

export default operatorService();
