/** The node itself, its store, and its place in the mesh. */
import { counter, gauge, oneOf, upTo } from "./metric-definition.ts";

const REGION = upTo(32, "regions");

export const nodeMetrics = {
  node: {
    lectern_node_accepting: gauge("Whether this node takes work: 1 or 0"),
    lectern_certificate_expiry_timestamp_seconds: gauge("When a certificate of this node expires, in seconds since 1970", { certificate: oneOf("gateway", "nats", "redis") }),
  },
  placement: {
    lectern_placement_calls_total: counter("Calls that were placed: kept by their key, spilled from a busy node, balanced without a key, abroad", { way: oneOf("kept", "spilled", "balanced", "abroad") }),
  },
  storage: {
    lectern_store_circuit_open: gauge("Whether this node refuses calls of the object store because it is away: 1 or 0"),
    lectern_store_failures_total: counter("Calls that the object store did not answer, retries included"),
  },
  replication: {
    lectern_replication_objects_total: counter("Objects copied to other regions in the background", { region: REGION, outcome: oneOf("copied", "there", "gone") }),
    lectern_replication_sync_total: counter("Copies to other regions that an answer waited for", { region: REGION, result: oneOf("copied", "away", "late") }),
    lectern_replication_waiting: gauge("Videos, uploads and single objects of which this node has something to copy", { region: REGION }),
    lectern_replication_lag_seconds: gauge("Age of the oldest thing that this node has to copy", { region: REGION }),
    lectern_region_reads_total: counter("Looks into another region's store for what the own one lacks", { region: REGION, result: oneOf("found", "absent", "failed") }),
  },
} as const;
