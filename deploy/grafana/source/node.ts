/** One node, or a few side by side: does it come to its work, and what does it do? */
import { describeDashboard, nodeVariable, regionVariable } from "./dashboard-frame.ts";
import { areas, figure, lines, rows } from "./panels.ts";
import { maxBy, NODE, quantile, ratePer } from "./queries.ts";

export const nodeDashboard = describeDashboard({
  uid: "lectern-node",
  title: "Lectern, node",
  about: "What a node does, and what it lacks. Choose one, or compare several.",
  variables: [regionVariable, nodeVariable],
  rows: [
    { title: "State", panels: [
      figure({ title: "Take work", about: "Nodes that take work, of those chosen.", unit: "short", queries: [{ expr: `sum(lectern_node_accepting{${NODE}})`, legend: "take work" }], runbook: "LecternNodeRefusesWork" }),
      figure({ title: "Cannot be asked", about: "Nodes that do not answer Prometheus.", unit: "short", queries: [{ expr: `count(up{job="lectern", ${NODE}} == 0) or vector(0)`, legend: "down" }], threshold: { warn: 1, bad: 2 }, runbook: "LecternTargetDown" }),
      figure({ title: "Shortest uptime", about: "Since the latest start of one of them.", unit: "s", queries: [{ expr: `min(time() - process_start_time_seconds{${NODE}})`, legend: "uptime" }], runbook: "LecternNodeFlaps" }),
      rows({ title: "Why a node takes no work", about: "Empty when all do. `drain`: somebody wanted it. Anything else: it is in quarantine by a check of its own.", unit: "none", queries: [{ expr: `lectern_node_refusing{${NODE}} == 1`, legend: "Refuses" }], runbook: "LecternNodeRefusesWork" }),
    ] },
    { title: "Does it come to its work?", panels: [
      lines({ title: "Processor of the node itself", about: "Cores, without FFmpeg. Near 1: the event loop has no room, and everything on the node is late.", unit: "short", queries: [{ expr: ratePer("process_cpu_seconds_total", "instance", NODE), legend: "{{instance}}" }], threshold: { warn: 0.8, bad: 0.95 } }),
      lines({ title: "Event loop stood still", about: "Times a minute that it was held up for over a quarter of a second.", unit: "short", queries: [{ expr: `60 * ${ratePer("lectern_event_loop_stalls_total", "instance", NODE)}`, legend: "{{instance}}" }], threshold: { warn: 0.3, bad: 3 }, runbook: "LecternNodeStalls" }),
      lines({ title: "Delay of the event loop, p99", about: "Between two of its turns, in the last three seconds. 0.02 is none: so often it is looked at.", unit: "s", queries: [{ expr: maxBy("lectern_event_loop_delay_seconds", "instance", NODE, "percentile=\"p99\""), legend: "{{instance}}" }], threshold: { warn: 0.05, bad: 0.25 } }),
      lines({ title: "Memory", about: "Of the node, and of the FFmpegs that it started. Both together stay below the limit of its container.", unit: "bytes", queries: [{ expr: maxBy("process_resident_memory_bytes", "instance", NODE), legend: "{{instance}}" }, { expr: maxBy("lectern_guests_memory_bytes", "instance", NODE), legend: "{{instance}} FFmpeg" }] }),
      lines({ title: "Free disk of LECTERN_DATA", about: "Below 16 MiB a node takes no work; its caches give way before that.", unit: "bytes", queries: [{ expr: maxBy("lectern_disk_free_bytes", "instance", NODE), legend: "{{instance}}" }], threshold: { warn: 10e9, bad: 1e9, low: true }, runbook: "LecternNodeDiskFills" }),
      lines({ title: "Open files and connections", about: "File descriptors. It grows with who watches, and falls again.", unit: "short", queries: [{ expr: maxBy("process_open_fds", "instance", NODE), legend: "{{instance}}" }] }),
    ] },
    { title: "What does it do?", panels: [
      areas({ title: "Calls handled", about: "By service. On a gateway alone, hardly any.", unit: "reqps", queries: [{ expr: ratePer("moleculer_req_total", "service", NODE), legend: "{{service}}" }] }),
      lines({ title: "Calls that failed", about: "By the type of the error. Those of callers (not found, refused) are among them.", unit: "reqps", queries: [{ expr: ratePer("moleculer_req_errors_total", "service, errorType", NODE), legend: "{{service}} {{errorType}}" }] }),
      lines({ title: "Longest calls, p95", about: "By service, in milliseconds as Moleculer counts.", unit: "none", queries: [{ expr: quantile(0.95, "moleculer_req_duration_ms", "service", NODE), legend: "{{service}}" }] }),
      lines({ title: "Segments made, p95", about: "Time to make one: repackaged from the source, or encoded.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_segment_make_seconds", "instance, mode", NODE), legend: "{{instance}} {{mode}}" }], threshold: { warn: 0.8, bad: 4 } }),
      lines({ title: "FFmpeg failed", about: "Runs an hour. One node among others: its own fault.", unit: "short", queries: [{ expr: `3600 * ${ratePer("lectern_ffmpeg_failures_total", "instance", NODE)}`, legend: "{{instance}}" }], runbook: "LecternFfmpegFails" }),
      lines({ title: "Certificates end in", about: "Of what the node shows. Absent where it has none.", unit: "s", queries: [{ expr: `lectern_certificate_expiry_timestamp_seconds{${NODE}} - time()`, legend: "{{instance}} {{certificate}}" }], threshold: { warn: 14 * 86_400, bad: 3 * 86_400, low: true }, runbook: "LecternCertificateEndsSoon" }),
    ] },
  ],
});
