/** What is counted of the traffic between regions' stores. */
import type { ServiceBroker } from "moleculer";
import { registerMetrics } from "../../../config/metrics/register-metrics.ts";
import type { Copied } from "./copy-object.ts";

export interface RegionMeter {
  copied(region: string, outcome: Copied): void;
  sent(region: string, result: "copied" | "away" | "late"): void;
  looked(region: string, result: "found" | "absent" | "failed"): void;
  lag(region: string, lag: { units: number; oldestMs: number }): void;
}

export function regionMeter(broker: ServiceBroker): RegionMeter {
  const metrics = registerMetrics(broker, "replication");
  return {
    copied: (region, outcome) => metrics.count("lectern_replication_objects_total", { peer: region, outcome }),
    sent: (region, result) => metrics.count("lectern_replication_sync_total", { peer: region, result }),
    looked: (region, result) => metrics.count("lectern_region_reads_total", { peer: region, result }),
    lag(region, { units, oldestMs }) {
      metrics.set("lectern_replication_waiting", units, { peer: region });
      metrics.set("lectern_replication_lag_seconds", oldestMs / 1000, { peer: region });
    },
  };
}
