/** What is made, checked and waits to be made. */
import { counter, gauge, histogram, oneOf, upTo } from "./metric-definition.ts";

const LANE = oneOf("play", "normal", "bulk");
const KIND = oneOf("play", "background");
const FAULTS = upTo(24, "faults that a check finds");

export const workMetrics = {
  transcoder: {
    lectern_segment_make_seconds: histogram("Time to make one segment", [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30], { mode: oneOf("repackage", "encode") }),
    lectern_encode_speed_ratio: histogram("Seconds of media that were encoded in a second, by segment: below 1 a viewer would have to wait", [0.25, 0.5, 1, 1.5, 2, 3, 5, 8, 15, 30], { kind: KIND }),
    lectern_slots: gauge("Runs of FFmpeg that may go on at once", { kind: KIND }),
    lectern_slots_busy: gauge("Runs of FFmpeg that go on", { kind: KIND }),
    lectern_slots_waiting: gauge("Segments that wait for a slot on this node"),
    lectern_queue_wait_seconds: histogram("From a chunk's coming into the queue to its first start, counted by who starts it", [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400], { lane: LANE }),
    lectern_ffmpeg_failures_total: counter("Runs of FFmpeg that failed"),
    lectern_quality_refusals_total: counter("Segments that were made three times and never good", { reason: FAULTS }),
    lectern_twin_objects_total: counter("Objects that were not made because another video of the same bytes had them"),
  },
  quality: {
    lectern_quality_segments_total: counter("Segments that were checked, by what was found: good, or the first fault", { result: FAULTS }),
    lectern_quality_check_seconds: histogram("Time to check a run of segments, waiting included", [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
  },
  screening: {
    lectern_screening_videos_total: counter("Videos that were screened", { verdict: oneOf("pass", "review", "block") }),
    lectern_screening_seconds: histogram("Time to screen a video", [0.5, 1, 2.5, 5, 10, 30, 60, 300]),
  },
  forecast: {
    lectern_forecast_seconds_total: counter("Media that was queued because viewers were expected, that was watched (also what came when a lecture had begun), and that nobody began in time", { what: oneOf("predicted", "used", "wasted") }),
    lectern_forecast_bytes_total: counter("The same in bytes, by the bandwidth that was planned", { what: oneOf("predicted", "used", "wasted") }),
  },
  scheduler: {
    lectern_queue_jobs: gauge("Chunks in the region's queue; every scheduler of a region says the same", { lane: LANE, state: oneOf("waiting", "active", "failed") }),
    lectern_queue_oldest_wait_seconds: gauge("For how long what has waited longest in a lane has; every scheduler of a region says the same", { lane: LANE }),
    lectern_queue_paused: gauge("Whether a lane is paused: 1 or 0; every scheduler of a region says the same", { lane: LANE }),
    lectern_queue_tenant_jobs: gauge("Chunks of a tenant in the background; every scheduler of a region says the same", { tenant: upTo(20, "tenants, those of LECTERN_TENANT_WEIGHTS first"), state: oneOf("waiting", "active") }),
    lectern_redis_answers: gauge("Whether the region's Redis answered this node's last look at the queue: 1 or 0"),
    lectern_queue_steps_total: counter("What has happened to chunks in the region since its Redis was last empty; every scheduler of a region says the same", { what: oneOf("added", "taken", "completed", "failed", "repeated", "late", "lapsed", "mended", "dead") }),
  },
  capacity: {
    lectern_capacity_desired_transcoders: gauge("Transcoders that the region should have now; every node that says it says the same", { region: upTo(2, "regions") }),
    lectern_capacity_forecast_slots: gauge("FFmpeg slots that viewers' encodes are expected to need in the next quarter of an hour, half of the time at most (p50) and nine times of ten", { region: upTo(2, "regions"), share: oneOf("p50", "p90") }),
  },
} as const;
