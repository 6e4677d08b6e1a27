/** The regions of a mesh: what each node knows of its own and of the others. */
import type { StoreLocation } from "./store-location.ts";

export interface Place { latitude: number; longitude: number }

export interface Region {
  name: string;
  store: StoreLocation;
  /** Base of its gateways' URLs, without a slash at the end. */
  publicUrl: string;
  place: Place;
  /** ISO 3166-1 alpha-2, whose viewers belong here wherever it is. */
  countries: readonly string[];
}

export interface Regions {
  /** Of this node. */
  own: Region;
  /** Nearest first. */
  others: readonly Region[];
  /** How many other regions have a record before its post is answered. */
  sync: number | "all";
  /** How long an answer waits for them. */
  syncWaitMs: number;
  /** What becomes of a post while too few other regions can be reached. */
  whenAway: "accept" | "refuse";
  /** Which other regions get segments before anybody watches there. */
  media: "none" | "standby" | "all";
  /** A region that nothing was heard of for so long is dark: another adopts its videos. */
  darkAfterMs: number;
  /** Whether players are sent to a nearer region. */
  redirect: boolean;
  /** Request headers that are believed to name the viewer's country, lower-case. */
  geoHeaders: readonly string[];
  /** Whether the viewer's address is looked up when no header says the country. */
  geoDatabase: boolean;
}

const EARTH_KM = 6_371;

/** Along the surface, in km. */
export function distanceKm(a: Place, b: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [latA, latB] = [radians(a.latitude), radians(b.latitude)];
  const half = Math.sin((latB - latA) / 2) ** 2 + Math.cos(latA) * Math.cos(latB) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** Nearest to `place` first; of equals the smaller name, so that all agree. */
export function nearestFirst<T extends { name: string; place: Place }>(regions: readonly T[], place: Place): T[] {
  return regions.toSorted((a, b) => distanceKm(a.place, place) - distanceKm(b.place, place) || (a.name < b.name ? -1 : 1));
}
