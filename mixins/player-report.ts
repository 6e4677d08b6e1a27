/** What a player reports of how it went, for the histograms. What no player can mean is left out. */
import type { ServiceBroker } from "moleculer";
import { registerMetrics } from "../config/metrics/register-metrics.ts";

export interface PlayerReport {
  /** From the press of play to the first picture. */
  readonly startupSec?: number;
  /** How long each stall took. */
  readonly stallsSec?: readonly number[];
  readonly switchesUp?: number;
  readonly switchesDown?: number;
}

const MAX_SEC = 3_600;
/** Of one report, so that nobody makes the figures alone: from five a minute on players are said to stand still. */
const MAX_STALLS = 4;
const MAX_SWITCHES = 1_000;

export function notePlayerReport(broker: ServiceBroker, { startupSec, stallsSec = [], switchesUp = 0, switchesDown = 0 }: PlayerReport): void {
  const metrics = registerMetrics(broker, "player");
  if (startupSec !== undefined && isTime(startupSec)) metrics.observe("lectern_player_startup_seconds", startupSec);
  for (const stallSec of stallsSec.slice(0, MAX_STALLS).filter(isTime)) {
    metrics.count("lectern_player_stalls_total");
    metrics.observe("lectern_player_stall_seconds", stallSec);
  }
  for (const [way, count] of [["up", switchesUp], ["down", switchesDown]] as const) {
    if (Number.isInteger(count) && count > 0) metrics.add("lectern_player_switches_total", Math.min(count, MAX_SWITCHES), { way });
  }
}

const isTime = (seconds: number): boolean => seconds >= 0 && seconds <= MAX_SEC;
