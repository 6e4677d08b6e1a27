/** What the person on duty looks at first: do learners wait, and if so, for what? */
import { describeDashboard } from "./dashboard-frame.ts";
import { areas, figure, lines, rows } from "./panels.ts";
import { maxBy, quantile, ratePer, REGION } from "./queries.ts";

/** Objectives, as the rules have them: deploy/prometheus/rules/slo.yml. */
const FIRST_PLAY = 0.01;
const AVAILABILITY = 0.001;
const burn = (metric: string, window: string, allowed: number): string => `max(region:${metric}:ratio_rate${window}{${REGION}}) / ${allowed}`;

export const dutyDashboard = describeDashboard({
  uid: "lectern-duty",
  title: "Lectern, on duty",
  about: "Do learners wait? Green figures: no. Below them what they wait for, then nodes and work.",
  rows: [
    { title: "Do learners wait?", panels: [
      figure({ title: "Good answers to players, 1 h", about: "Aim: 99.9 %. All but errors of ours (5xx), without \"not there yet, ask again\".", unit: "percentunit", queries: [{ expr: `1 - max(region:lectern_play_errors:ratio_rate1h{${REGION}})`, legend: "good" }], threshold: { warn: 0.999, bad: 0.985, low: true }, runbook: "LecternAvailabilityBurnsFast" }),
      figure({ title: "Quick first plays, 1 h", about: "Aim: 99 % of first segments within 0.8 s.", unit: "percentunit", queries: [{ expr: `1 - max(region:lectern_first_play_slow:ratio_rate1h{${REGION}})`, legend: "quick" }], threshold: { warn: 0.99, bad: 0.85, low: true }, runbook: "LecternFirstPlayBurnsFast" }),
      figure({ title: "First play, p95", about: "From the request for a video's first segment to its first byte.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_first_play_seconds"), legend: "p95" }], threshold: { warn: 0.4, bad: 0.8 }, runbook: "LecternFirstPlayBurnsFast" }),
      figure({ title: "Stood still, per play", about: "Seconds without data for each play that was begun, as players report it.", unit: "s", queries: [{ expr: `sum(increase(lectern_player_stall_seconds_sum{${REGION}}[15m])) / sum(increase(lectern_player_startup_seconds_count{${REGION}}[15m]))`, legend: "stalls" }], threshold: { warn: 1, bad: 5 }, runbook: "LecternPlayersStall" }),
      figure({ title: "Nodes that take work", about: "Of all regions that are chosen.", unit: "short", queries: [{ expr: `sum(region:lectern_node_accepting:sum{${REGION}})`, legend: "nodes" }], threshold: { warn: 2, bad: 1, low: true }, runbook: "LecternRegionDark" }),
      figure({ title: "Alerts", about: "That fire now, pages and tickets.", unit: "short", queries: [{ expr: `count(ALERTS{alertname=~"Lectern.+", alertstate="firing", ${REGION}}) or vector(0)`, legend: "alerts" }], threshold: { warn: 1, bad: 3 } }),
      lines({ title: "First play", about: "p50 and p95 of all, from the request for a video's first segment to its first byte. The line is the aim.", unit: "s", queries: [{ expr: quantile(0.5, "lectern_first_play_seconds"), legend: "p50" }, { expr: quantile(0.95, "lectern_first_play_seconds"), legend: "p95" }], threshold: { warn: 0.8, bad: 3 }, runbook: "LecternFirstPlayBurnsFast" }),
      lines({ title: "First play by what is asked for, p95", about: "`warm`: somebody had it already. `cold`: it is made now, by repackaging or encoding.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_first_play_seconds", "class"), legend: "{{class}}" }], threshold: { warn: 0.8, bad: 3 } }),
      lines({ title: "The month's allowance is spent", about: "So many times too fast: at 1 it lasts a month. 14.4 over an hour and five minutes pages.", unit: "short", queries: [
        { expr: burn("lectern_first_play_slow", "1h", FIRST_PLAY), legend: "first play, 1 h" }, { expr: burn("lectern_first_play_slow", "6h", FIRST_PLAY), legend: "first play, 6 h" },
        { expr: burn("lectern_play_errors", "1h", AVAILABILITY), legend: "availability, 1 h" }, { expr: burn("lectern_play_errors", "6h", AVAILABILITY), legend: "availability, 6 h" },
      ], threshold: { warn: 1, bad: 14.4 }, runbook: "LecternAvailabilityBurnsFast" }),
    ] },
    { title: "For what?", panels: [
      lines({ title: "Where a player's answer spends its time, p95", about: "By stage, to the first byte: the plan, the look in caches, another's flight, a slot, bytes of the source, the making.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_play_stage_seconds", "stage", REGION, "stage!=\"total\""), legend: "{{stage}}" }], threshold: { warn: 0.4, bad: 0.8 } }),
      lines({ title: "Answers that went wrong", about: "By whom they are for. 5xx is ours, 4xx the caller's; none: the client left before.", unit: "reqps", queries: [{ expr: ratePer("lectern_answers_total", "area, status", REGION, "status=~\"4xx|5xx|none\""), legend: "{{area}} {{status}}" }], runbook: "LecternAvailabilityBurnsFast" }),
      lines({ title: "Errors by code", about: "Of answers to players. What each means is in README, \"Errors\".", unit: "reqps", queries: [{ expr: ratePer("lectern_problems_total", "code", REGION, "area=\"play\""), legend: "{{code}}" }] }),
      areas({ title: "Segments come from", about: "By tier. `made` is what somebody waits for while it is made; most should come from the others.", unit: "reqps", queries: [{ expr: ratePer("lectern_cache_requests_total", "tier"), legend: "{{tier}}" }] }),
      lines({ title: "Operations that fail", about: "Answers of 5xx a minute, by operation of the API.", unit: "short", queries: [{ expr: `60 * ${ratePer("lectern_failed_requests_total", "operation")}`, legend: "{{operation}}" }] }),
      lines({ title: "Players run dry", about: "Of segments that players asked for with CMCD, those for which they had starved or hurry.", unit: "percentunit", queries: [{ expr: `sum(rate(lectern_cmcd_starved_total{${REGION}}[$__rate_interval])) / sum(rate(lectern_cmcd_requests_total{${REGION}}[$__rate_interval]))`, legend: "starved" }, { expr: `sum(rate(lectern_cmcd_urgent_total{${REGION}}[$__rate_interval])) / sum(rate(lectern_cmcd_requests_total{${REGION}}[$__rate_interval]))`, legend: "urgent" }], threshold: { warn: 0.01, bad: 0.05 }, runbook: "LecternPlayersStall" }),
      lines({ title: "Players", about: "First picture (p95) and stalls (p95), as players report them.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_player_startup_seconds"), legend: "first picture" }, { expr: quantile(0.95, "lectern_player_stall_seconds"), legend: "stall" }], threshold: { warn: 2, bad: 8 }, runbook: "LecternPlayersStall" }),
    ] },
    { title: "Work and nodes", panels: [
      lines({ title: "Oldest wait", about: "Of each lane. `play` is what comes next for somebody who watches.", unit: "s", queries: [{ expr: maxBy("lectern_queue_oldest_wait_seconds", "lane"), legend: "{{lane}}" }], threshold: { warn: 10, bad: 60 }, runbook: "LecternViewersQueue" }),
      areas({ title: "Chunks that wait", about: "In the background. Growing for hours: more is posted than is made.", unit: "short", queries: [{ expr: `sum by (lane) (${maxBy("lectern_queue_jobs", "region, lane", REGION, "state=\"waiting\"")})`, legend: "{{lane}}" }], runbook: "LecternQueueGrows" }),
      rows({ title: "Alerts that fire", about: "Newest are not first; each has its runbook by its name.", unit: "none", queries: [{ expr: `ALERTS{alertname=~"Lectern.+", alertstate="firing", ${REGION}}`, legend: "fires" }], width: 8 }),
    ] },
  ],
});
