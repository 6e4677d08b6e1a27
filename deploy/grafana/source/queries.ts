/** PromQL as the dashboards write it. Series of one region's one queue are told by each of its schedulers: of those the largest counts. */

/** What the variable `region` chooses. */
export const REGION = "region=~\"$region\"";
/** What the variables `region` and `node` choose. */
export const NODE = "region=~\"$region\", instance=~\"$node\"";

const braces = (...matchers: string[]): string => `{${matchers.filter((matcher) => matcher !== "").join(", ")}}`;

/** How often a second, by `by`. */
export const ratePer = (metric: string, by: string, chosen = REGION, more = ""): string => `sum by (${by}) (rate(${metric}${braces(chosen, more)}[$__rate_interval]))`;

/** Below which so much of all observations are. */
export const quantile = (share: number, histogram: string, by = "", chosen = REGION, more = ""): string =>
  `histogram_quantile(${share}, sum by (${["le", by].filter((label) => label !== "").join(", ")}) (rate(${histogram}_bucket${braces(chosen, more)}[$__rate_interval])))`;

export const sumBy = (metric: string, by: string, chosen = REGION, more = ""): string => `sum by (${by}) (${metric}${braces(chosen, more)})`;
export const maxBy = (metric: string, by: string, chosen = REGION, more = ""): string => `max by (${by}) (${metric}${braces(chosen, more)})`;
