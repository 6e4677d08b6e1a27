/** Regions side by side: which is worse off, and does it have what it needs? */
import { describeDashboard } from "./dashboard-frame.ts";
import { areas, figure, lines, rows } from "./panels.ts";
import { maxBy, quantile, ratePer, REGION, sumBy } from "./queries.ts";

export const regionDashboard = describeDashboard({
  uid: "lectern-region",
  title: "Lectern, region",
  about: "Regions side by side: nodes, servers, queue, and what they copy to each other.",
  rows: [
    { title: "Nodes and servers", panels: [
      lines({ title: "Nodes that take work", about: "By region. At 0 it is dark: its learners get what edges keep, and others adopt its videos.", unit: "short", queries: [{ expr: `region:lectern_node_accepting:sum{${REGION}}`, legend: "{{region}}" }], threshold: { warn: 2, bad: 1, low: true }, runbook: "LecternRegionDark" }),
      rows({ title: "Nodes", about: "1 takes work. Those that cannot be asked are not here.", unit: "none", queries: [{ expr: `lectern_node_accepting{${REGION}}`, legend: "Takes work" }], width: 8, threshold: { warn: 1, bad: 0, low: true } }),
      lines({ title: "Servers away", about: "Nodes that have no connection to NATS, no Redis, or have stopped asking the store.", unit: "short", queries: [
        { expr: `count by (region) (lectern_nats_connected{${REGION}} == 0)`, legend: "NATS {{region}}" },
        { expr: `count by (region) (lectern_redis_answers{${REGION}} == 0)`, legend: "Redis {{region}}" },
        { expr: `count by (region) (lectern_store_circuit_open{${REGION}} == 1)`, legend: "store {{region}}" },
      ], threshold: { warn: 1, bad: 2 }, runbook: "Servers" }),
    ] },
    { title: "Work", panels: [
      areas({ title: "Chunks that wait", about: "By lane. `play` is what viewers wait for, and should be empty.", unit: "short", queries: [{ expr: maxBy("lectern_queue_jobs", "region, lane", REGION, "state=\"waiting\""), legend: "{{region}} {{lane}}" }], runbook: "LecternQueueGrows" }),
      lines({ title: "Oldest wait", about: "Of what waits in each lane.", unit: "s", queries: [{ expr: maxBy("lectern_queue_oldest_wait_seconds", "region, lane"), legend: "{{region}} {{lane}}" }], threshold: { warn: 5, bad: 10 }, runbook: "LecternViewersQueue" }),
      lines({ title: "Chunks a minute", about: "What has come of them. `lapsed`: a node died with it. `dead`: set aside.", unit: "short", queries: [{ expr: `60 * max by (region, what) (rate(lectern_queue_steps_total{${REGION}}[$__rate_interval]))`, legend: "{{region}} {{what}}" }] }),
      lines({ title: "Where calls were placed", about: "Kept by their video's node; spilled: that was busy; abroad: the whole region was.", unit: "reqps", queries: [{ expr: ratePer("lectern_placement_calls_total", "region, way"), legend: "{{region}} {{way}}" }] }),
      lines({ title: "Nodes lost", about: "That went without saying so, an hour.", unit: "short", queries: [{ expr: `max by (region) (increase(lectern_mesh_nodes_lost_total{${REGION}}[1h]))`, legend: "{{region}}" }], threshold: { warn: 1, bad: 3 }, runbook: "LecternNodeLost" }),
      figure({ title: "Set aside", about: "Chunks that failed five times, or killed four nodes.", unit: "short", queries: [{ expr: `sum(${maxBy("lectern_queue_jobs", "region, lane", REGION, "state=\"failed\"")})`, legend: "set aside" }], threshold: { warn: 1, bad: 20 }, runbook: "LecternWorkSetAside" }),
    ] },
    { title: "Between regions", panels: [
      lines({ title: "Copies are behind", about: "Age of the oldest thing to copy. It is what another region lacks if this one is lost now.", unit: "s", queries: [{ expr: maxBy("lectern_replication_lag_seconds", "region, peer"), legend: "{{region}} → {{peer}}" }], threshold: { warn: 60, bad: 900 }, runbook: "LecternReplicationLags" }),
      lines({ title: "Waiting to be copied", about: "Videos, uploads and single objects.", unit: "short", queries: [{ expr: sumBy("lectern_replication_waiting", "region, peer"), legend: "{{region}} → {{peer}}" }] }),
      lines({ title: "Copied", about: "Objects a second in the background, by what came of them.", unit: "reqps", queries: [{ expr: ratePer("lectern_replication_objects_total", "region, peer, outcome"), legend: "{{region}} → {{peer}} {{outcome}}" }] }),
      lines({ title: "Copies that a post waited for", about: "`late` and `away`: the post was answered without.", unit: "reqps", queries: [{ expr: ratePer("lectern_replication_sync_total", "region, peer, result"), legend: "{{region}} → {{peer}} {{result}}" }] }),
      lines({ title: "Looks into other regions' stores", about: "For what the own one lacks; a viewer waits for each.", unit: "reqps", queries: [{ expr: ratePer("lectern_region_reads_total", "region, peer, result"), legend: "{{region}} → {{peer}} {{result}}" }] }),
      lines({ title: "First play, p95", about: "By region, from the request for a video's first segment to its first byte.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_first_play_seconds", "region"), legend: "{{region}}" }], threshold: { warn: 0.6, bad: 0.8 }, runbook: "LecternFirstPlayBurnsFast" }),
    ] },
  ],
});
