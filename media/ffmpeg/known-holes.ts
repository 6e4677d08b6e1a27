/**
 * Holes of FFmpeg that a stranger's video could use, by version, and what stands before each here. Nobody can keep
 * FFmpeg from having holes; an operator should know which are open. Pure.
 */

/** Major, minor and patch of a release; a release branch is major and minor. */
export type Version = readonly [major: number, minor: number, patch: number];

export interface KnownHole {
  id: string;
  what: string;
  /** First release without it, in each branch that was mended, ascending; later branches than the last never had it. */
  mended: readonly Version[];
  guard: string;
}

export const KNOWN_HOLES: readonly KnownHole[] = [
  {
    id: "CVE-2026-8461", what: "the MagicYUV decoder writes past its memory", mended: [[5, 1, 10], [6, 1, 6], [7, 1, 5], [8, 1, 2]],
    guard: "that decoder is not among those that may run",
  },
  {
    id: "CVE-2026-40962", what: "the MP4 reader trusts the sub-sample sizes of encrypted tracks", mended: [[8, 1, 0]],
    guard: "encrypted sources are refused before FFmpeg sees them",
  },
  {
    // Known through 8.1.2; which release mends it is not known yet.
    id: "CVE-2026-65704", what: "concat scripts lead it to any file", mended: [[8, 1, 3]],
    guard: "concat is not among the containers that may be opened",
  },
];

/**
 * The release that the first line of `ffmpeg -version` names: `5.1.9-0+deb12u1`, `n6.1`, `7:4.4.2-0ubuntu0.22.04.1`.
 * Undefined for builds between releases (`N-12345-gabc`, `git-2026-01-01`).
 */
export function parseVersion(line: string): Version | undefined {
  const name = /^ff(?:mpeg|probe) version (\S+)/.exec(line)?.[1];
  const match = /^(?:\d:)?n?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?![.\d])/.exec(name ?? "");
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/** Holes open in a release, by its number alone: a distribution may have mended them without changing it. */
export function findOpenHoles(version: Version): KnownHole[] {
  return KNOWN_HOLES.filter(({ mended }) => {
    const branch = mended.find(([major, minor]) => major === version[0] && minor === version[1]);
    const last = mended.at(-1);
    return compare(version, branch ?? last ?? [0, 0, 0]) < 0;
  });
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** What to tell the operator about FFmpeg's version, in one line; undefined: nothing is known to be open. */
export function holesWarning(line: string): string | undefined {
  const version = parseVersion(line);
  if (version === undefined) return `FFmpeg does not say which release it is ("${line.slice(0, 80)}"), so which known holes are open in it is unknown.`;
  const open = findOpenHoles(version);
  if (open.length === 0) return undefined;
  const holes = open.map(({ id, what, guard }) => `${id} (${what}; here ${guard})`).join("; ");
  return `FFmpeg ${version.join(".")} has known holes, unless its distribution mended them: ${holes}.`;
}
