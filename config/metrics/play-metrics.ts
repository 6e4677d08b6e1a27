/** What viewers and their players see. */
import { RATES } from "../rates.ts";
import { counter, gauge, histogram, oneOf, upTo } from "./metric-definition.ts";
import { PLAY_CLASSES, STAGES } from "./play-stages.ts";

const STAGE_SEC = [0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 30];
/** Who a route is for. */
const AREA = oneOf("api", "play", "page", "operate");
const FORMAT = oneOf("hls", "dash", "smooth");
const STALL_SEC = [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

export const playMetrics = {
  delivery: {
    lectern_first_segment_seconds: histogram("From a video's post to its first media segment delivered", [0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 15, 30], { mode: oneOf("repackage", "encode") }),
  },
  cache: {
    lectern_cache_requests_total: counter("Segments asked of the cache, by where they were", { tier: oneOf("memory", "redis", "store", "made") }),
    lectern_cache_bytes_total: counter("Bytes of those segments", { tier: oneOf("memory", "redis", "store", "made") }),
    lectern_cache_memory_bytes: gauge("Segments kept in memory"),
  },
  gateway: {
    lectern_play_stage_seconds: histogram("What an answer to a player was spent on, to its first byte, by stage; what was shared with an earlier request counts as join", STAGE_SEC, { stage: oneOf(...STAGES), class: oneOf(...PLAY_CLASSES) }),
    lectern_first_play_seconds: histogram("From the request for a video's first segment to its first byte", STAGE_SEC, { class: oneOf("repackage_warm", "repackage_cold", "encode_warm", "encode_cold") }),
    lectern_first_plays_total: counter("Requests for a video's first segment: good are those answered within 0.8 s", { result: oneOf("good", "slow", "failed") }),
    lectern_answers_total: counter("Answers to HTTP requests; none: the client left before", { area: AREA, status: oneOf("2xx", "3xx", "4xx", "5xx", "none") }),
    lectern_problems_total: counter("Problems that were answered, by error code", { area: AREA, code: upTo(80, "error codes") }),
    lectern_failed_requests_total: counter("Answers of 5xx, by the operation of the OpenAPI document", { operation: upTo(128, "operations") }),
    lectern_cmcd_requests_total: counter("Requests of players that say how they are by CMCD, by stream format", { format: FORMAT }),
    lectern_cmcd_starved_total: counter("Of those, where the player had run out of media since the one before", { format: FORMAT }),
    lectern_cmcd_urgent_total: counter("Of those, for media that were needed at once: a start, a seek, or after a stall", { format: FORMAT }),
    lectern_cmcd_buffer_seconds: histogram("Media that the player had in store when it asked", [0.5, 1, 2, 4, 8, 15, 30, 60], { format: FORMAT }),
    lectern_cmcd_throughput_bytes_per_second: histogram("What the player measured of its line", [31_250, 62_500, 125_000, 250_000, 500_000, 1_000_000, 2_500_000, 6_250_000, 12_500_000], { format: FORMAT }),
    lectern_cmcd_bitrate_ratio: histogram("Bitrate that was asked for against the best there is", [0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.99], { format: FORMAT }),
    lectern_requests_limited_total: counter("Requests that were turned away because their caller asked too often", { rate: oneOf(...Object.keys(RATES)) }),
    lectern_http_sent_bytes_total: counter("Bytes that were sent in answers which are over"),
  },
  player: {
    lectern_player_startup_seconds: histogram("From a press of play to the first picture, as players report it", [0.1, 0.25, 0.5, 0.8, 1.2, 2, 4, 8, 15, 30]),
    lectern_player_stalls_total: counter("Times that playing stood still for want of data, as players report it"),
    lectern_player_stall_seconds: histogram("How long playing stood still each time, as players report it", STALL_SEC),
    lectern_player_switches_total: counter("Changes from one rendition to another, as players report them", { way: oneOf("up", "down") }),
  },
} as const;
