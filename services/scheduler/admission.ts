/** Turns a tenant's next video away while too much of its work waits: a clear answer now, instead of a queue that never ends. */
import { fail } from "../../config/errors.ts";
import { withoutRedis } from "../../mixins/redis.ts";
import type { WorkQueue } from "../../mixins/work-queue/work-queue.ts";
import type { ChunkParams } from "../transcoder/transcoder.contract.ts";
import type { Logger } from "moleculer";

export interface TenantLimits {
  /** Chunks of a tenant that may wait. */
  maxWaiting: number;
  weights: Readonly<Record<string, number>>;
}

/** Said to who is turned away, in seconds: at least and at most. */
const RETRY = { min: 5, max: 600 };

/** Nobody is turned away for what Redis does not tell. @throws too_many_requests with `retryAfterSec` */
export async function admit(queue: Pick<WorkQueue<ChunkParams>, "tenants" | "pace">, { maxWaiting }: TenantLimits, tenant: string, logger: Logger): Promise<void> {
  const load = (await withoutRedis(() => queue.tenants(), {}, logger))[tenant];
  if (load === undefined || load.waiting < maxWaiting) return;
  const pace = (await withoutRedis(() => queue.pace(), undefined, logger)) ?? 0;
  const excessCost = (load.cost / load.waiting) * (load.waiting - maxWaiting + 1);
  const seconds = (excessCost * pace) / 1000 / Math.max(1, load.running);
  const retryAfterSec = Math.ceil(Math.min(RETRY.max, Math.max(RETRY.min, seconds)));
  throw fail("too_many_requests", `${load.waiting} chunks of this tenant's videos wait; ${maxWaiting} may.`, { retryAfterSec });
}
