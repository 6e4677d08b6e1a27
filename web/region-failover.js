/**
 * Where else a video plays. When a gateway stops answering, what the player asks for next goes to another region's: the
 * same paths give the same bytes everywhere, so what is buffered stays. The others are found while this one still answers.
 */
import { ROOT } from "./api.js";

/** Longer than a healthy gateway takes, short enough that a viewer is playing again within 5 s. */
const ALIVE_MS = 1_500;
const PLAYS_MS = 2_500;
const LIST_MS = 5_000;

/**
 * @param paths of the video
 * @param onMove told when requests go elsewhere from now on
 * @param reach `fetch`, which tests replace
 * @param say told why no other region is known; the browser's console, which tests replace
 */
export function regionFailover(paths, onMove, reach = (url, init) => fetch(url, init), say = (text) => console.info(text)) {
  let bases = [ROOT.href];
  /** Where requests to a gateway that is gone go, by base. */
  const moved = new Map();
  let checking;

  const listed = reach(new URL("v1/regions", ROOT), { signal: AbortSignal.timeout(LIST_MS) })
    .then((answer) => answer.json())
    .then(({ regions = [] }) => { bases = [ROOT.href, ...regions.filter(({ own }) => !own).map(({ url }) => `${url.replace(/\/$/, "")}/`)]; })
    .catch((error) => say(`Other regions are not known: ${error.message}`)); // then there is only this one

  const baseOf = (url) => bases.find((base) => url.startsWith(base)) ?? ROOT.href;

  /** The address to ask instead of `url` now. */
  function rewrite(url) {
    const base = baseOf(url);
    const to = moved.get(base);
    return to === undefined || !url.startsWith(base) ? url : to + url.slice(base.length);
  }

  /** Whether anything answers there at all. */
  async function isAlive(base) {
    try {
      await reach(new URL("health/live", base), { mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(ALIVE_MS) });
      return true;
    } catch {
      return false;
    }
  }

  /** Whether the video can be had there. */
  async function plays(base) {
    try {
      const answer = await reach(new URL(paths.play("master.m3u8"), base), { cache: "no-store", signal: AbortSignal.timeout(PLAYS_MS) });
      return answer.ok;
    } catch {
      return false;
    }
  }

  async function move(failed) {
    if (bases.length === 1 || (await isAlive(failed))) return false;
    const candidates = bases.filter((base) => base !== failed);
    const answers = candidates.map(plays); // all at once: one of them may hang
    for (const [at, candidate] of candidates.entries()) {
      if (!(await answers[at])) continue;
      for (const base of bases) if (base === failed || moved.get(base) === failed) moved.set(base, candidate);
      onMove();
      return true;
    }
    return false;
  }

  return {
    /** Resolves when the others are known. */
    listed,
    rewrite,
    /**
     * To be called when something did not arrive: where it was asked for, or nothing. Moves on when the gateway that is
     * asked now does not answer; says whether it did.
     */
    check(url = ROOT.href) {
      checking ??= move(baseOf(rewrite(url))).finally(() => { checking = undefined; });
      return checking;
    },
  };
}
