/** The mesh that the simulation is of: three regions, each with six transcoders of unequal worth and two gateways. */
import type { Chance } from "./chance.ts";

export const REGIONS = ["us", "eu", "asia"] as const;
export type Region = (typeof REGIONS)[number];

/** There and back, in milliseconds. */
const ROUND_TRIPS: Readonly<Record<Region, Readonly<Record<Region, number>>>> = {
  us: { us: 1, eu: 80, asia: 160 },
  eu: { us: 80, eu: 1, asia: 200 },
  asia: { us: 160, eu: 200, asia: 1 },
};

export const roundTripMs = (a: Region, b: Region): number => ROUND_TRIPS[a][b];

export interface Machine {
  id: string;
  region: Region;
  /** Cores, and as many encodes at once. */
  slots: number;
  /** Work a second of one core; of the usual core, 1. */
  speed: number;
  /** Share of the machine that others take, from 0 to 1, at a time in seconds. */
  others(at: number): number;
}

export interface Gateway { id: string; region: Region }

/** Something else runs there for 20 s of every 45. */
const neighbour = (share: number, shift: number) => (at: number): number => ((at + shift) % 45 < 20 ? share : 0);
const alone = (): number => 0;

export function listMachines(chance: Chance): Machine[] {
  return REGIONS.flatMap((region): Machine[] => [
    { id: `${region}-large`, region, slots: 8, speed: 1, others: alone },
    { id: `${region}-shared-1`, region, slots: 4, speed: 1, others: neighbour(0.7, chance.below(45)) },
    { id: `${region}-shared-2`, region, slots: 4, speed: 1, others: neighbour(0.4, chance.below(45)) },
    { id: `${region}-old`, region, slots: 4, speed: 0.6, others: alone },
    { id: `${region}-small-1`, region, slots: 2, speed: 1.3, others: alone },
    { id: `${region}-small-2`, region, slots: 2, speed: 1, others: alone },
  ]);
}

export function listGateways(): Gateway[] {
  return REGIONS.flatMap((region) => [1, 2].map((n) => ({ id: `${region}-gateway-${n}`, region })));
}
