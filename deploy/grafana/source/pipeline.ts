/** The way of a video, step by step: where does it take long, and what goes wrong? */
import { describeDashboard } from "./dashboard-frame.ts";
import { areas, lines } from "./panels.ts";
import { quantile, ratePer, REGION, sumBy } from "./queries.ts";

export const pipelineDashboard = describeDashboard({
  uid: "lectern-pipeline",
  title: "Lectern, video pipeline",
  about: "The way of a video: fetched, looked at, planned, made, checked, stored, screened.",
  rows: [
    { title: "Source: is it fetched?", panels: [
      lines({ title: "Requests to origins", about: "By what came of them. `throttled` and `refused` are the origin's word; Lectern keeps to it.", unit: "reqps", queries: [{ expr: ratePer("lectern_source_requests_total", "outcome"), legend: "{{outcome}}" }] }),
      lines({ title: "Origins answer within", about: "p95, by way out. Slow here is slow for that origin's videos only.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_source_answer_seconds", "identity"), legend: "{{identity}}" }], threshold: { warn: 0.5, bad: 2 } }),
      lines({ title: "Waiting for a host's budget", about: "p95. Wanted: it is how gently an origin is asked. The source policy sets it.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_source_wait_seconds", "why"), legend: "{{why}}" }] }),
      lines({ title: "Sources that could not be had", about: "An hour, by error code.", unit: "short", queries: [{ expr: `3600 * ${ratePer("lectern_source_refusals_total", "code")}`, legend: "{{code}}" }] }),
    ] },
    { title: "Looked at and planned", panels: [
      lines({ title: "Verdicts, p95", about: "From being asked to look at a source to facts or reasons.", unit: "none", queries: [{ expr: quantile(0.95, "moleculer_req_duration_ms", "action", REGION, "action=~\"validator.validate|scheduler.plan\""), legend: "{{action}} (ms)" }] }),
      lines({ title: "Looks and plans", about: "A minute, by step: posted, looked at, planned, ended.", unit: "short", queries: [{ expr: `60 * ${ratePer("moleculer_req_total", "action", REGION, "action=~\"videos.submit|validator.validate|scheduler.plan|videos.finish\"")}`, legend: "{{action}}" }] }),
      lines({ title: "Looks that failed", about: "A minute, by error. What a source is at fault for is a verdict, and not among these.", unit: "short", queries: [{ expr: `60 * ${ratePer("moleculer_req_errors_total", "action, errorType", REGION, "action=~\"validator.validate|scheduler.plan\"")}`, legend: "{{action}} {{errorType}}" }] }),
    ] },
    { title: "Made", panels: [
      lines({ title: "A segment is made within", about: "p50 and p95. Repackaging takes milliseconds; an encode must be faster than watching it (about 4 s).", unit: "s", queries: [
        { expr: quantile(0.5, "lectern_segment_make_seconds", "mode"), legend: "{{mode}} p50" }, { expr: quantile(0.95, "lectern_segment_make_seconds", "mode"), legend: "{{mode}} p95" },
      ], threshold: { warn: 1, bad: 4 } }),
      areas({ title: "Segments made", about: "A second, for viewers and in the background.", unit: "reqps", queries: [{ expr: ratePer("lectern_segment_make_seconds_count", "mode"), legend: "{{mode}}" }] }),
      lines({ title: "Encodes run ahead", about: "Seconds of media encoded in a second: the slowest twentieth, and the middle. Below 1 a viewer would have to wait.", unit: "short", queries: [{ expr: quantile(0.05, "lectern_encode_speed_ratio", "kind"), legend: "{{kind}} p5" }, { expr: quantile(0.5, "lectern_encode_speed_ratio", "kind"), legend: "{{kind}} p50" }], threshold: { warn: 1.5, bad: 1, low: true } }),
      lines({ title: "Slots", about: "Runs of FFmpeg that may go on at once, those that do, and segments that wait for one. What viewers wait for must not wait here.", unit: "short", queries: [{ expr: sumBy("lectern_slots", "kind"), legend: "{{kind}}" }, { expr: sumBy("lectern_slots_busy", "kind"), legend: "{{kind}} busy" }, { expr: `sum(lectern_slots_waiting{${REGION}})`, legend: "waiting" }], runbook: "LecternViewersQueue" }),
      lines({ title: "Chunks wait in the queue for", about: "p95, from coming into the queue to the first start, by lane.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_queue_wait_seconds", "lane"), legend: "{{lane}}" }], threshold: { warn: 60, bad: 900 } }),
      lines({ title: "FFmpeg failed", about: "Runs an hour that failed. Each is tried again.", unit: "short", queries: [{ expr: `3600 * ${ratePer("lectern_ffmpeg_failures_total", "region")}`, legend: "{{region}}" }], threshold: { warn: 5, bad: 20 }, runbook: "LecternFfmpegFails" }),
    ] },
    { title: "Checked", panels: [
      lines({ title: "Segments checked", about: "A second, by what was found: good, or the first fault.", unit: "reqps", queries: [{ expr: ratePer("lectern_quality_segments_total", "result"), legend: "{{result}}" }] }),
      lines({ title: "Not good", about: "Of all that were checked. They are made again with other settings, twice at most.", unit: "percentunit", queries: [{ expr: `1 - sum(rate(lectern_quality_segments_total{${REGION}, result="good"}[$__rate_interval])) / sum(rate(lectern_quality_segments_total{${REGION}}[$__rate_interval]))`, legend: "not good" }], threshold: { warn: 0.01, bad: 0.05 }, max: 1 }),
      lines({ title: "Refused", about: "An hour: made three times and never good, by reason.", unit: "short", queries: [{ expr: `3600 * ${ratePer("lectern_quality_refusals_total", "reason")}`, legend: "{{reason}}" }], threshold: { warn: 1, bad: 3 }, runbook: "LecternQualityRefuses" }),
      lines({ title: "A check takes", about: "p95, its wait for a turn included. The store waits for it, viewers do not.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_quality_check_seconds"), legend: "p95" }], threshold: { warn: 5, bad: 30 } }),
    ] },
    { title: "Stored and screened", panels: [
      lines({ title: "Store calls without an answer", about: "A minute, retries included. Five in a row on a node and it stops asking.", unit: "short", queries: [{ expr: `60 * ${ratePer("lectern_store_failures_total", "region")}`, legend: "{{region}}" }], threshold: { warn: 1, bad: 5 }, runbook: "LecternStoreFails" }),
      lines({ title: "Store calls, p95", about: "By kind, in milliseconds.", unit: "none", queries: [{ expr: quantile(0.95, "moleculer_req_duration_ms", "action", REGION, "action=~\"storage.put|storage.get|storage.head|storage.readRange\""), legend: "{{action}}" }], threshold: { warn: 100, bad: 1_000 } }),
      lines({ title: "Screened", about: "An hour, by verdict. What says `review` waits for a person at /reviews.", unit: "short", queries: [{ expr: `3600 * ${ratePer("lectern_screening_videos_total", "verdict")}`, legend: "{{verdict}}" }] }),
      lines({ title: "Screening takes", about: "p95, for a video.", unit: "s", queries: [{ expr: quantile(0.95, "lectern_screening_seconds"), legend: "p95" }], threshold: { warn: 60, bad: 300 } }),
    ] },
  ],
});
