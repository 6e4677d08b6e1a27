/** Says with every answer to a player what it was spent on, and counts it. */
import type { PlayClass } from "../../config/metrics/play-stages.ts";
import { eachOwnStage, formatServerTiming, type Spent } from "../../mixins/play-spent.ts";
import type { Tier } from "../cache/cache.contract.ts";
import type { Exchange } from "./exchange.ts";

/** From here on who presses play feels that they wait. */
export const GOOD_FIRST_PLAY_SEC = 0.8;

type Timed = Pick<Exchange, "spent" | "startedAt" | "metrics">;

/** The header of an answer whose first byte goes out now; counts its stages. */
export function timePlay(exchange: Timed, kind: "playlist" | "image" | "segment", tier?: Tier): { "Server-Timing": string } {
  const spent = { ...exchange.spent(), total: performance.now() - exchange.startedAt };
  const asked = classOf(kind, spent, tier);
  eachOwnStage(spent, (stage, ms) => exchange.metrics.observe("lectern_play_stage_seconds", ms / 1_000, { stage, class: asked }));
  return { "Server-Timing": formatServerTiming(spent, tier) };
}

/** The segment with which somebody begins to watch was answered, or could not be. */
export function noteFirstPlay({ metrics, spent, startedAt }: Timed, tier: Tier | "failed"): void {
  if (tier === "failed") return metrics.count("lectern_first_plays_total", { result: "failed" });
  const seconds = (performance.now() - startedAt) / 1_000;
  metrics.observe("lectern_first_play_seconds", seconds, { class: classOf("segment", spent(), tier) });
  metrics.count("lectern_first_plays_total", { result: seconds < GOOD_FIRST_PLAY_SEC ? "good" : "slow" });
}

/** Of a segment whose mode a node of the version before does not tell nothing is known but that it was encoded, as most are. */
function classOf(kind: "playlist" | "image" | "segment", { mode = "encode" }: Spent, tier: Tier | undefined): PlayClass {
  return kind === "segment" ? `${mode}_${tier === "made" ? "cold" : "warm"}` : kind;
}
