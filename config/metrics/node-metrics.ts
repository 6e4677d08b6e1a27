/** The node itself, its store, and its place in the mesh. */
import { counter, gauge, oneOf, upTo } from "./metric-definition.ts";

/** The other one; `region` is what whoever collects the metrics says of the node. */
const PEER = upTo(32, "regions");
/** As the state of a node has them. */
export const REFUSALS = ["drain", "disk", "event_loop", "ffmpeg", "store"] as const;

export const nodeMetrics = {
  node: {
    lectern_node_accepting: gauge("Whether this node takes work: 1 or 0"),
    lectern_node_refusing: gauge("Whether this node takes no work for this reason: 1 or 0", { reason: oneOf(...REFUSALS) }),
    lectern_node_info: gauge("Which node this is: always 1", { node: upTo(1, "node"), protocol: upTo(1, "version of what nodes say to each other") }),
    lectern_disk_free_bytes: gauge("Free where this node keeps its data"),
    lectern_event_loop_stalls_total: counter("Windows of three seconds in which this node's event loop was held up for over a quarter of a second"),
    lectern_event_loop_delay_seconds: gauge("Time between two turns of the event loop in the last 3 s; 0.02 is none, for so often it is looked at", { percentile: oneOf("p50", "p99", "max") }),
    lectern_guests_memory_bytes: gauge("Memory of all processes that this one started, FFmpeg above all"),
    lectern_certificate_expiry_timestamp_seconds: gauge("When a certificate of this node expires, in seconds since 1970", { certificate: oneOf("gateway", "nats", "redis") }),
  },
  mesh: {
    lectern_mesh_nodes: gauge("Nodes that this one knows, by their region and state; away: left or dead, and not forgotten yet", { peer: upTo(32, "regions, its own among them"), state: oneOf("accepting", "refusing", "silent", "away") }),
    lectern_nats_connected: gauge("Whether this node is connected to NATS: 1 or 0"),
    lectern_mesh_nodes_lost_total: counter("Other nodes of its region that this node heard no more of, and that had not said that they leave"),
  },
  placement: {
    lectern_node_processor_seconds_total: counter("Time that this node's processes have taken, FFmpeg's included"),
    lectern_placement_calls_total: counter("Calls that were placed: kept by their key, spilled from a busy node, balanced without a key, abroad", { way: oneOf("kept", "spilled", "balanced", "abroad") }),
  },
  traces: {
    lectern_trace_spans_total: counter("Spans of traces that were kept, by what became of them at the collector: sent, no room left, refused, away when this node stopped", { result: oneOf("sent", "full", "refused", "away") }),
  },
  storage: {
    lectern_store_circuit_open: gauge("Whether this node refuses calls of the object store because it is away: 1 or 0"),
    lectern_stored_bytes_total: counter("Bytes that this node wrote to its region's store, uploads among them"),
    lectern_store_failures_total: counter("Calls that the object store did not answer, retries included"),
  },
  replication: {
    lectern_replication_objects_total: counter("Objects copied to other regions in the background", { peer: PEER, outcome: oneOf("copied", "there", "gone") }),
    lectern_replication_sync_total: counter("Copies to other regions that an answer waited for", { peer: PEER, result: oneOf("copied", "away", "late") }),
    lectern_replication_waiting: gauge("Videos, uploads and single objects of which this node has something to copy", { peer: PEER }),
    lectern_replication_lag_seconds: gauge("Age of the oldest thing that this node has to copy", { peer: PEER }),
    lectern_region_reads_total: counter("Looks into another region's store for what the own one lacks", { peer: PEER, result: oneOf("found", "absent", "failed") }),
  },
} as const;
