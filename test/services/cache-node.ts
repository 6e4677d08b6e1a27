/** A node with `cache` over a store in memory, and a transcoder that makes what a test says. */
import type { Context, ServiceBroker } from "moleculer";
import { cacheService } from "../../services/cache/cache.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { MakeParams } from "../../services/transcoder/transcoder.contract.ts";
import type { History } from "../support/history.ts";
import type { memoryStore } from "../support/memory-store.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { stagedPlan } from "../support/staged-plan.ts";

/** What the transcoders of all nodes have made. A test decides how. */
export interface Making { made: History<MakeParams>; make: (params: MakeParams) => Promise<Buffer> }

/** A node with `cache`, not started yet. */
export function cacheNode(store: ReturnType<typeof memoryStore>, making: Making, settings: { redisUrl: string; namespace: string; memoryBytes?: number }): ServiceBroker {
  const broker = quietBroker();
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService({ name: "videos", actions: { plan: () => stagedPlan(20) } });
  broker.createService({
    name: "transcoder",
    actions: {
      async make(ctx: Context<MakeParams>): Promise<Buffer> {
        making.made.add(ctx.params);
        return await making.make(ctx.params);
      },
    },
  });
  broker.createService(cacheService({ memoryBytes: 1_000_000, ...settings }));
  return broker;
}
