/** Curves of the last twenty minutes, with uPlot. Colours are those of the page, also when it turns dark. */
import { element } from "./element.js";
import { formatBytes, formatMs, formatRate } from "./ops-format.js";
import { stackRows } from "./ops-steps.js";

const HEIGHT = 170;
const SPARK_HEIGHT = 44;
const shown = new Set();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const plot of shown) plot.restyle(); });

const PLOTS = [
  { title: "Segments by where they were", unit: (n) => `${formatRate(n)}/s`, stacked: true, series: [["cacheMemory", "memory", "--p1"], ["cacheRedis", "Redis", "--p2"], ["cacheStore", "store", "--p3"], ["cacheMade", "made", "--p4"]] },
  { title: "95 of 100 segments within", unit: formatMs, series: [["segmentP95Ms", "p95", "--p1"]] },
  { title: "Sent to viewers", unit: (n) => `${formatBytes(n)}/s`, series: [["sentBytes", "sent", "--p1"]] },
  { title: "Bytes of sources", unit: (n) => `${formatBytes(n)}/s`, stacked: true, series: [["originBytes", "from origins", "--p4"], ["nearBytes", "were here", "--p2"]] },
];

export function openPlots(parent) {
  const plots = PLOTS.map(openPlot);
  parent.append(...plots.map(({ node }) => node));
  return (steps) => { for (const plot of plots) plot.show(steps); };
}

/** Of what waits in a lane. */
export function openSpark(name) {
  return openCurves({ series: [[name, "waiting", "--p1"]], unit: formatRate }, { height: SPARK_HEIGHT, bare: true });
}

function openPlot(plot) {
  const values = element("ul", { class: "legend" });
  const labels = plot.series.map(([, label, colour]) => {
    const value = element("b", {});
    const swatch = element("i", { "aria-hidden": "true" });
    swatch.style.background = `var(${colour})`;
    values.append(element("li", {}, swatch, `${label} `, value));
    return value;
  });
  const curves = openCurves(plot, { height: HEIGHT, onValues: (latest) => latest.forEach((value, i) => { labels[i].textContent = value ?? "–"; }) });
  return { node: element("figure", { class: "plot panel" }, element("figcaption", {}, plot.title), values, curves.node), show: curves.show };
}

function openCurves({ series, stacked = false, unit }, { height, bare = false, onValues }) {
  const node = element("div", { class: bare ? "spark" : "curves", role: "img" });
  let plot;
  let last = [];
  let raw = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function build() {
    plot?.destroy();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    plot = new globalThis.uPlot({
      width: Math.max(80, node.clientWidth), height, legend: { show: false }, padding: bare ? [2, 0, 2, 0] : [8, 20, 0, 0],
      cursor: bare ? { show: false } : { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
      axes: bare ? [{ show: false }, { show: false }] : [{ ...axis, size: 28, values: (_, splits) => splits.map(clock) }, { ...axis, size: 64, splits: undefined, space: 34, values: (_, splits) => splits.map((n) => unit(n)) }],
      bands: stacked ? series.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) : [],
      series: [{}, ...series.map(([, label, name]) => ({ label, stroke: colour(name), width: 1.75, fill: `${colour(name)}${stacked || bare ? "66" : "22"}`, spanGaps: false, points: { show: false } }))],
      hooks: { setCursor: [(self) => onValues?.(valuesAt(self.cursor.idx))] },
    }, last, node);
  }
  /** As they are, not as they are stacked; without an index the latest. */
  function valuesAt(index) {
    return raw.map((values) => {
      const value = values[index ?? values.length - 1];
      return value === undefined || value === null ? undefined : unit(value);
    });
  }
  const self = {
    node,
    restyle: () => { if (plot !== undefined) build(); },
    show(steps) {
      raw = series.map(([name]) => steps.map((step) => (step[name] === undefined ? null : step[name] < 0 ? 8_000 : step[name])));
      last = [steps.map(({ at }) => at / 1_000), ...(stacked ? stackRows(raw) : raw)];
      if (plot === undefined || plot.width === 0) build();
      else plot.setData(last);
      onValues?.(valuesAt(plot.cursor.idx));
      node.setAttribute("aria-label", `${series.map(([, label], i) => `${label} ${valuesAt(undefined)[i] ?? "unknown"}`).join(", ")}`);
    },
  };
  new ResizeObserver(() => { if (plot !== undefined && node.clientWidth > 0) plot.setSize({ width: node.clientWidth, height }); }).observe(node);
  shown.add(self);
  return self;
}

function clock(seconds) {
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(seconds * 1_000);
}
