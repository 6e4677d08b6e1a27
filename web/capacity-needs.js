/** What a region takes, today and with more users and videos, as pairs of bars, and the money as one bar of its parts. */
import { element } from "./element.js";

const VIEWERS = "grows with viewers";
const VIDEOS = "grows with videos and first watches, not with viewers";
const PARTS = ["transcoders", "gateways", "egress", "stored", "fetched"];
const ROWS = [
  ["Transcoders at the busiest", "grow with what is watched first, and with videos", ({ transcoders }) => transcoders, String],
  ["Gateways at the busiest", "grow with viewers", ({ gateways }) => gateways, String],
  ["Sent in the busiest five minutes", VIEWERS, ({ peakMbps }) => peakMbps, formatMbps],
  ["Sent a month", VIEWERS, ({ egressBytes }) => egressBytes, formatBytes],
  ["Stored, more each month", VIDEOS, ({ storedGrowthBytes }) => storedGrowthBytes, formatBytes],
  ["Stored in a year", VIDEOS, ({ storedYearBytes }) => storedYearBytes, formatBytes],
  ["Fetched from origins a month", VIDEOS, ({ fetchedBytes }) => fetchedBytes, formatBytes],
];

/** @param plan a `RegionPlan`; of an older node it has no needs */
export function drawNeeds({ region, needs, busiest }) {
  if (needs === undefined) return element("section", { class: "needs", "data-region": region }, element("h3", {}, region), element("p", { class: "quiet" }, `Its nodes are of an older version: ${busiest.transcoders} transcoders at the busiest is all that they say.`));
  const { today, planned, stored, assumptions } = needs;
  return element("section", { class: "needs", "data-region": region },
    element("h3", {}, region),
    element("p", { class: "quiet" }, stored === null ? "What the store holds was not counted yet." : `${formatBytes(stored.bytes)} stored now, in ${stored.objects.toLocaleString()} objects.`),
    element("ul", { class: "rows" }, ...ROWS.map(([name, grows, of, format]) => drawRow(name, grows, of(today), of(planned), format))),
    drawMoney(needs),
    element("details", {}, element("summary", {}, "What this rests on"), element("ul", { class: "assumptions" }, ...assumptions.map((text) => element("li", {}, text)))));
}

/** null is not known, and has no bar. */
function drawRow(name, grows, today, planned, format) {
  const most = Math.max(today ?? 0, planned ?? 0);
  const line = (what, value) => [
    element("span", { class: "quiet" }, what),
    value === null ? element("span", { class: "none" }) : wide(element("span", { class: `bar ${what}` }), value, most),
    element("span", { class: "figure" }, value === null ? "not known" : format(value)),
  ];
  return element("li", { "data-need": name }, element("p", {}, name, " ", element("small", { class: "quiet" }, grows)), element("div", { class: "pair" }, ...line("today", today), ...line("then", planned)));
}

function drawMoney({ today, planned, currency }) {
  if (today.costs === null || planned.costs === null) return element("p", { class: "quiet money" }, "No prices are set (LECTERN_PRICES), so no money is shown.");
  const format = (value) => (currency === null ? value.toLocaleString(undefined, { maximumFractionDigits: 0 }) : value.toLocaleString(undefined, { style: "currency", currency, maximumFractionDigits: value < 100 ? 2 : 0 }));
  const most = Math.max(today.costs.total, planned.costs.total);
  const known = PARTS.filter((part) => planned.costs[part] !== null);
  const line = (what, costs) => [
    element("span", { class: "quiet" }, what),
    wide(element("span", { class: "stack" }, ...known.map((part) => wide(element("span", { class: `of-${part}`, title: `${part}: ${format(costs[part] ?? 0)}` }), costs[part] ?? 0, costs.total))), costs.total, most),
    element("span", { class: "figure" }, format(costs.total)),
  ];
  return element("div", { class: "money" },
    element("p", {}, "Money a month ", element("small", { class: "quiet" }, "by the prices that are set")),
    element("div", { class: "pair" }, ...line("today", today.costs), ...line("then", planned.costs)),
    element("p", { class: "legend" }, ...known.map((part) => element("span", { class: `of-${part}` }, `${part} ${format(planned.costs[part])}`))),
    ...(known.length === PARTS.length ? [] : [element("p", { class: "quiet" }, `Not in the sum, for no price is set or it is not known: ${PARTS.filter((part) => !known.includes(part)).join(", ")}.`)]));
}

/** The page's policy lets no style stand in an attribute. */
function wide(node, value, most) {
  node.style.width = `${most === 0 ? 0 : (100 * value) / most}%`;
  return node;
}

const digits = (value) => value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 });

export function formatBytes(count) {
  const [unit, size] = [["PB", 1e15], ["TB", 1e12], ["GB", 1e9], ["MB", 1e6]].find(([, least]) => count >= least) ?? ["kB", 1e3];
  return `${digits(count / size)} ${unit}`;
}

function formatMbps(value) {
  return value >= 1_000 ? `${digits(value / 1_000)} Gbit/s` : `${digits(value)} Mbit/s`;
}
