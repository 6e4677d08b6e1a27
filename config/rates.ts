/** How much one caller may ask of a region in a minute, by what it costs. A caller is a key, or an address where none is shown. */
export const RATES = {
  /** Keys that are nobody's, by address: from here on no key is looked at that is not known to be good. */
  failures: 60,
  /** Posts, uploads, deletes, orders: what changes something. */
  changes: 3_000,
  /** What is read of the API, and pages. */
  questions: 12_000,
  /** Stills, clips, sheets of previews: each may have to be made. */
  images: 3_000,
  /** Playlists and segments; a school behind one address asks for two segments in four seconds a learner. */
  play: 120_000,
  /** What players report of how they are watched, every twenty seconds each. */
  usage: 12_000,
} as const;
export type Rate = keyof typeof RATES;
export type Rates = Readonly<Record<Rate, number>>;

const FORM = /^([a-z]+)=(\d{1,9})$/;

/** @param pairs `name=number`, 0: no limit. What they do not name stays as it is. @returns undefined where one is wrong */
export function parseRates(pairs: readonly string[]): Rates | undefined {
  const rates: Record<Rate, number> = { ...RATES };
  for (const pair of pairs) {
    const [, name = "", number = ""] = FORM.exec(pair) ?? [];
    if (!isRate(name)) return undefined;
    rates[name] = Number(number);
  }
  return rates;
}

function isRate(name: string): name is Rate {
  return Object.hasOwn(RATES, name);
}
