/** Which region's nodes are asked: the own one first, then the nearest. Pure. */

export interface Placed { region: string | undefined; rttMs: number | undefined }

/** Round trips below this are a region's own: what they differ by there is the load of the moment. */
const NEAR_MS = 8;

/**
 * Groups nodes by region, in the order in which they are preferred. Regions count as equally far while their round trips
 * are within a factor of two, so that their order stays; nodes of which nobody knows where they are come last.
 */
export function byRegion<T extends Placed>(nodes: readonly T[], own: string): T[][] {
  const regions = Map.groupBy(nodes, ({ region }) => region);
  const ranked = [...regions].map(([region, members]) => ({ region, members, distance: distanceOf(members) }));
  ranked.sort((a, b) => rank(a.region, own) - rank(b.region, own) || a.distance - b.distance || (a.region ?? "").localeCompare(b.region ?? ""));
  return ranked.map(({ members }) => members);
}

function rank(region: string | undefined, own: string): number {
  if (region === undefined) return 2;
  return region === own ? 0 : 1;
}

/** In doublings of `NEAR_MS`, by the node that answers fastest: the others are busy. */
function distanceOf(members: readonly Placed[]): number {
  const fastest = Math.min(...members.map(({ rttMs }) => rttMs ?? Infinity));
  return Math.max(0, Math.floor(Math.log2(fastest / NEAR_MS)) + 1);
}
