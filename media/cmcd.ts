/**
 * Common Media Client Data (CTA-5004): what a player says of itself with a request. Of all that it may say only what figures are
 * made of is read, and no ids. Anybody may send anything: what is not of this form is as if it were not there.
 */

export type CmcdFormat = "hls" | "dash" | "smooth" | "other";

export interface Cmcd {
  format: CmcdFormat;
  /** `bs`: since the last request the buffer was empty. */
  starved: boolean;
  /** `su`: needed at once, for a start, a seek, or after a stall. */
  urgent: boolean;
  /** `bl`, of what is played now. */
  bufferMs?: number;
  /** `mtp`, as the player measured it. */
  throughputKbps?: number;
  /** `br` and `tb`: of what is asked for, and of the best there is. */
  bitrateKbps?: number;
  topBitrateKbps?: number;
}

/** CTA-5004 has players send a few hundred characters. */
const MAX_LENGTH = 2_048;
const MAX_KEYS = 40;
const FORMATS: ReadonlyMap<string, CmcdFormat> = new Map([["h", "hls"], ["d", "dash"], ["s", "smooth"]]);
/** An hour of buffer, 100 Gbit/s: more is a mistake. */
const MAX_BUFFER_MS = 3_600_000;
const MAX_KBPS = 100_000_000;

/** In the headers everything of one kind is together; which kind tells nothing that the keys do not. */
export const CMCD_HEADERS = ["cmcd-request", "cmcd-object", "cmcd-status", "cmcd-session"] as const;

/**
 * @param parts the value of the query's `CMCD`, decoded, or of each header
 * @returns undefined where it has nothing that is read, or is no CMCD
 */
export function parseCmcd(parts: readonly string[]): Cmcd | undefined {
  const pairs = readPairs(parts);
  if (pairs.size === 0) return undefined;
  const number = (key: string, most: number): number | undefined => {
    const value = pairs.get(key);
    return value !== undefined && /^\d{1,12}$/.test(value) && Number(value) <= most ? Number(value) : undefined;
  };
  const [bufferMs, throughputKbps, bitrateKbps, topBitrateKbps] = [number("bl", MAX_BUFFER_MS), number("mtp", MAX_KBPS), number("br", MAX_KBPS), number("tb", MAX_KBPS)];
  return {
    format: FORMATS.get(pairs.get("sf") ?? "") ?? "other",
    starved: pairs.get("bs") === TRUE, urgent: pairs.get("su") === TRUE,
    ...(bufferMs === undefined ? {} : { bufferMs }),
    ...(throughputKbps === undefined || throughputKbps === 0 ? {} : { throughputKbps }),
    ...(bitrateKbps === undefined || bitrateKbps === 0 ? {} : { bitrateKbps }),
    ...(topBitrateKbps === undefined || topBitrateKbps === 0 ? {} : { topBitrateKbps }),
  };
}

/** What a key without a value says. */
const TRUE = "true";
const READ = new Set(["sf", "bs", "su", "bl", "mtp", "br", "tb"]);
const KEY = /^(?:[a-z]{1,8}|[A-Za-z0-9]{1,32}(?:[.-][A-Za-z0-9]{1,32}){1,8})$/;

/** The keys that are read, each once; none of a text that is too long or has what cannot be CMCD. */
function readPairs(parts: readonly string[]): Map<string, string> {
  const pairs = new Map<string, string>();
  if (parts.reduce((sum, { length }) => sum + length, 0) > MAX_LENGTH) return pairs;
  let seen = 0;
  for (const part of parts) {
    for (const item of splitItems(part)) {
      if (++seen > MAX_KEYS) return pairs;
      const sign = item.indexOf("=");
      const key = (sign < 0 ? item : item.slice(0, sign)).trim();
      if (!KEY.test(key)) return new Map();
      const value = sign < 0 ? TRUE : item.slice(sign + 1).trim();
      if (READ.has(key) && !pairs.has(key)) pairs.set(key, value);
    }
  }
  return pairs;
}

/** At commas, but not at those within quotes, where a backslash takes the next character for itself. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  let [from, quoted] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === "\\") at++;
    else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) {
      items.push(text.slice(from, at));
      from = at + 1;
    }
  }
  items.push(text.slice(from));
  return items.filter((item) => item.trim() !== "");
}
