/**
 * capacity: what its region had to do, what is to come, and how many transcoders that needs. It starts and stops none: it
 * says how many there should be, and why. Any number may run; whoever has the lease writes, and all that they measure is
 * written so that two who do it change nothing.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { meshView, regionOf } from "../../config/placement/mesh-view.ts";
import { objectKeys } from "../../config/object-keys.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { systemClock, type Clock } from "../../mixins/clock.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import type { Bell, BellsParams } from "../forecast/forecast.contract.ts";
import type { QueueReport } from "../scheduler/scheduler.contract.ts";
import { askRegions, servicesOf, type MeshNode } from "./ask-regions.ts";
import { FACTOR, type CapacityAnswer, type Outlook, type PlanAnswer, type PlanParams, type RegionPlan } from "./capacity.contract.ts";
import { planRegion } from "./desired/plan-region.ts";
import { openLocalTime } from "./forecast/local-time.ts";
import { openByteMeter } from "./load/byte-meter.ts";
import { lookAtLoad } from "./load/look-at-load.ts";
import { openLoadHistory } from "./load/load-history.ts";
import type { LoadLook } from "./load/slot-meter.ts";
import { planNeeds } from "./plan/plan-needs.ts";
import { openKeeper, type Keeper } from "./keeper.ts";

export type CapacitySettings = Pick<Config, "redisUrl" | "namespace" | "region" | "timeZone" | "capacity" | "slots">;
interface Settings extends ServiceSettingSchema { region: string; timeZone: string }
interface State { redis: Redis; keeper: Keeper; metrics: MetricWriter<"capacity"> }

const ASK_MS = 2_000;
/** Of lectures that were it is learnt what a viewer takes. */
const LECTURES_BEFORE_MS = 28 * 86_400_000;
const LECTURES_AHEAD_MS = 2 * 86_400_000;
const ANSWER_MS = 5_000;
/** The prompt has it as a text. */
const factor = { type: "number", ...FACTOR, convert: true } as const;
const videos = { ...factor, optional: true } as const;

export function capacityService({ redisUrl, namespace, region, timeZone, capacity, slots }: CapacitySettings, clock: Clock = systemClock, open = openRedis) {
  const schema: ServiceSchema<Settings, object, State> = {
    name: "capacity",
    settings: { region, timeZone },
    dependencies: ["storage"],
    actions: {
      /** Of all regions. */
      list: {
        async handler(ctx: Context): Promise<CapacityAnswer> {
          const { answers, missing } = await askRegions(await ctx.call<MeshNode[]>("$node.list"), (nodeID) => ctx.call<Outlook, object>("capacity.outlook", {}, { nodeID, timeout: ANSWER_MS, retries: 0 }));
          return { regions: answers, missing };
        },
      },
      /** What each would need with `factor` times the users, and `videos` times the new videos. */
      plan: {
        params: { factor, videos },
        async handler(ctx: Context<PlanParams>): Promise<PlanAnswer> {
          const { answers, missing } = await askRegions(await ctx.call<MeshNode[]>("$node.list"), (nodeID) => ctx.call<RegionPlan, PlanParams>("capacity.planRegion", ctx.params, { nodeID, timeout: ANSWER_MS, retries: 0 }));
          return { factor: ctx.params.factor, videos: ctx.params.videos ?? 1, regions: answers, missing };
        },
      },
      /** Of this node's region. */
      outlook: {
        async handler(): Promise<Outlook> {
          return await this.keeper.outlook();
        },
      },
      planRegion: {
        params: { factor, videos },
        async handler(ctx: Context<PlanParams>): Promise<RegionPlan> {
          const { outlook, slots: past, slotsEach, counts } = await this.keeper.all();
          const { targetUse, min, gatewayMbps, prices } = capacity;
          const times = { users: ctx.params.factor, videos: ctx.params.videos ?? 1 };
          return { ...planRegion(outlook, past, times.users, { targetUse, slotsEach }), needs: planNeeds({ outlook, slots: past, counts, times, sizing: { targetUse, min, slotsEach }, gatewayMbps, prices }) };
        },
      },
    },
    created() {
      this.metrics = registerMetrics(this.broker, "capacity");
    },
    async started() {
      const keys = redisKeys(namespace);
      this.redis = await open(redisUrl, this.logger);
      const { broker } = this;
      /** Undefined where nobody answers: a mesh that starts has not all of it yet. */
      const askIfThere = async <Answer>(action: string, params: object): Promise<Answer | undefined> => {
        if (!broker.registry.actions.isAvailable(action)) return undefined;
        return await broker.call<Answer, object>(action, params, { timeout: ASK_MS, retries: 0 }).catch((error: unknown) => {
          this.logger.debug(`${action} is not known: ${errorMessage(error)}`);
          return undefined;
        });
      };
      const storage = storageCalls(broker);
      const history = openLoadHistory({ region, redis: this.redis, keys, storage, logger: this.logger });
      const meter = openByteMeter();
      const look = async (): Promise<LoadLook | undefined> => {
        const nodes = broker.registry.nodes.list({ onlyAvailable: true, withServices: false }) as MeshNode[];
        const { book } = meshView(broker);
        const own = nodes.filter(({ metadata }) => regionOf(metadata) === region);
        const having = (service: string): MeshNode[] => own.filter(({ metadata }) => servicesOf(metadata).includes(service));
        const reports = having("transcoder").map(({ id }) => book.look(id).report);
        if (reports.length > 0 && reports.every((report) => report === undefined)) return undefined; // this node has just joined
        const queue = await askIfThere<QueueReport>("scheduler.report", {});
        const moved = meter.look(clock.date(), own.map(({ id }) => ({ id, counts: book.look(id).report?.bytes })));
        return lookAtLoad(reports, queue, moved === undefined ? undefined : { ...moved, gateways: having("gateway").length });
      };
      this.keeper = openKeeper({
        region, slotsEach: slots, sizing: capacity, leadMs: capacity.leadMs, local: openLocalTime(timeZone), clock, history, look, storage, countsObject: objectKeys.storedCounts(region),
        redis: this.redis, outlookKey: keys.outlook(region), logger: this.logger,
        lectures: async () => {
          const now = clock.date();
          const bells = await askIfThere<Bell[]>("forecast.bells", { from: now - LECTURES_BEFORE_MS, to: now + LECTURES_AHEAD_MS } satisfies BellsParams);
          return (bells ?? []).map(({ at, viewers, course }) => ({ at, viewers, ...(course === undefined ? {} : { title: course }) }));
        },
        lock: () => takeLock(this.redis, keys.capacityLease(region), broker.nodeID, this.logger),
        onOutlook: ({ desired, forecast: [next] }) => {
          this.metrics.set("lectern_capacity_desired_transcoders", desired, { region });
          if (next !== undefined) for (const share of ["p50", "p90"] as const) this.metrics.set("lectern_capacity_forecast_slots", next[share], { region, share });
        },
      });
      this.keeper.begin();
    },
    async stopped() {
      await this.keeper?.close().catch((error: unknown) => this.logger.warn(`The last of the load was not kept: ${errorMessage(error)}`)); // absent when started() failed
      closeRedis(this.redis);
    },
  };
  return schema;
}

export default capacityService(loadConfig(process.env));
