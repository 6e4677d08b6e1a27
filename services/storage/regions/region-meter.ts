/** What is counted of the traffic between regions' stores. */
import type { ServiceBroker } from "moleculer";
import type { Copied } from "./copy-object.ts";

export interface RegionMeter {
  copied(region: string, outcome: Copied): void;
  sent(region: string, result: "copied" | "away" | "late"): void;
  looked(region: string, result: "found" | "absent" | "failed"): void;
  lag(region: string, lag: { units: number; oldestMs: number }): void;
}

export function regionMeter({ metrics }: ServiceBroker): RegionMeter {
  metrics.register({ name: "lectern.replication.objects.total", type: "counter", labelNames: ["region", "outcome"], description: "Objects copied to other regions in the background" });
  metrics.register({ name: "lectern.replication.sync.total", type: "counter", labelNames: ["region", "result"], description: "Copies to other regions that an answer waited for" });
  metrics.register({ name: "lectern.replication.waiting", type: "gauge", labelNames: ["region"], description: "Videos, uploads and single objects of which this node has something to copy" });
  metrics.register({ name: "lectern.replication.lag.seconds", type: "gauge", labelNames: ["region"], description: "Age of the oldest thing that this node has to copy", unit: "second" });
  metrics.register({ name: "lectern.region.reads.total", type: "counter", labelNames: ["region", "result"], description: "Looks into another region's store for what the own one lacks" });
  return {
    copied: (region, outcome) => void metrics.increment("lectern.replication.objects.total", { region, outcome }),
    sent: (region, result) => void metrics.increment("lectern.replication.sync.total", { region, result }),
    looked: (region, result) => void metrics.increment("lectern.region.reads.total", { region, result }),
    lag(region, { units, oldestMs }) {
      metrics.set("lectern.replication.waiting", units, { region });
      metrics.set("lectern.replication.lag.seconds", oldestMs / 1000, { region });
    },
  };
}
