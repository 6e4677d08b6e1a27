/**
 * Twins: videos whose sources, under different addresses, have the same bytes. What the first one has, the second need not
 * make. A video is compared once, after it has its plan, with the one that holds the claim for equal plans.
 */
import type { Logger } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { objectKeys } from "../../../config/object-keys.ts";
import { tenantOf } from "../../../config/tenants.ts";
import { renditionsOf } from "../../../media/plan-video.ts";
import type { Plan } from "../../../media/plan.ts";
import { unlessAborted } from "../../../mixins/cancelled.ts";
import type { Claims } from "../../../mixins/claims.ts";
import { QUEUE_LANES } from "../../../mixins/work-queue/work-queue.contract.ts";
import type { ChunkParams } from "../../transcoder/transcoder.contract.ts";
import type { Twin, VideoRecord, VideoState } from "../../videos/videos.contract.ts";
import { laneOf } from "../chunks.ts";
import { compareSources, type ComparePorts } from "./compare-sources.ts";
import { twinKey } from "./twin-key.ts";

export interface TwinPorts extends ComparePorts {
  claims: Claims;
  /** undefined when it is deleted, or never was. */
  state(id: string): Promise<VideoState | undefined>;
  /** Keeps the answer. */
  compared(id: string, twin: Twin): Promise<void>;
  /** True for one caller of all within `forMs`. */
  elect(key: string, forMs: number): Promise<boolean>;
  /** Tells which segments of a rendition nobody has to make any more. */
  settled(id: string, rendition: string): Promise<(segment: number) => boolean>;
  logger: Pick<Logger, "info" | "debug">;
}

/** How long a comparison holds up the work in the background; a slow one goes on beside it. */
const PATIENCE_MS = 10_000;
/** A comparison that did not come to an end is tried again after so long. */
const AGAIN_MS = 120_000;
/** Others may take or release the claim meanwhile. */
const ATTEMPTS = 3;
/** How long a video waits for what its twin is still making; then it helps itself. */
const WAIT_MS = 30 * 60_000;

export function openTwins(ports: TwinPorts) {
  const flights = new Map<string, Promise<Twin | undefined>>();

  async function find(state: VideoState, plan: Plan): Promise<Twin | undefined> {
    const { id } = state.record;
    const key = twinKey(plan, tenantOf(state.record));
    const claim = objectKeys.twinClaim(key);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const first = await ports.claims.claim(claim, id);
      if (first === id) return { key };
      const other = await ports.state(first);
      const comparison = other === undefined ? "unreadable" : await compareSources(other, state, ports);
      if (comparison !== "unreadable") return comparison === "same" ? { key, of: first } : { key };
      await ports.claims.release(claim, first); // nobody can be compared with it any more: the next one takes its place
    }
    return undefined;
  }

  async function compare(state: VideoState, plan: Plan): Promise<Twin | undefined> {
    const { id } = state.record;
    try {
      const twin = (await ports.elect(`compare:${id}`, AGAIN_MS)) ? await find(state, plan) : undefined;
      if (twin === undefined) return undefined;
      await ports.compared(id, twin);
      if (twin.of !== undefined) ports.logger.info(`Video ${id} has the same bytes as video ${twin.of}: what that has is not made again.`);
      return twin;
    } catch (error) {
      ports.logger.debug(`Video ${id} was not compared: ${errorMessage(error)}`);
      return undefined;
    } finally {
      flights.delete(id);
    }
  }

  return {
    /** The state with its twin, as far as that is known soon. Never throws: without a twin a video makes all by itself. */
    async settle(state: VideoState): Promise<VideoState> {
      const { plan, outcome, record: { id } } = state;
      if (plan === undefined || outcome !== undefined || state.twin !== undefined) return state;
      const flight = flights.get(id) ?? compare(state, plan);
      flights.set(id, flight);
      const twin = await unlessAborted(AbortSignal.timeout(PATIENCE_MS), flight).catch(() => undefined);
      return twin === undefined ? state : { ...state, twin };
    },
    /** While its twin is still being made: says of which chunks that has all. undefined: there is nothing to wait for. */
    async waiting({ twin, record }: VideoState): Promise<((chunk: ChunkParams) => boolean) | undefined> {
      const first = twin?.of === undefined ? undefined : await ports.state(twin.of);
      if (first?.plan === undefined || first.outcome !== undefined || isSlower(first.record, record) || Date.now() - Date.parse(record.createdAt) > WAIT_MS) return undefined;
      const marks = new Map(await Promise.all(renditionsOf(first.plan).map(async ({ name }) => [name, await ports.settled(first.record.id, name)] as const)));
      return (chunk) => chunk.renditions.every((name) => segmentsOf(chunk).every((segment) => marks.get(name)?.(segment) ?? false));
    },
  };
}

export type Twins = ReturnType<typeof openTwins>;

function isSlower(first: VideoRecord, second: VideoRecord): boolean {
  return QUEUE_LANES.indexOf(laneOf(first.priority)) > QUEUE_LANES.indexOf(laneOf(second.priority));
}

function segmentsOf({ first, last }: ChunkParams): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
