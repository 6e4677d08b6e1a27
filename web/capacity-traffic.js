/** What gateways sent in the last day, as SVG. */
import { svg } from "./svg.js";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 110, 34, 4, 12];
const DAY_MS = 86_400_000;

/** @returns an area; undefined where nothing was counted */
export function drawTraffic({ region, at, past }) {
  const counted = past.filter(({ sentMbps }) => typeof sentMbps === "number");
  if (counted.length === 0) return undefined;
  const most = Math.max(0.001, ...counted.map(({ sentMbps }) => sentMbps));
  const base = HEIGHT - BOTTOM;
  const x = (time) => Math.round(LEFT + ((WIDTH - LEFT) * (time - at + DAY_MS)) / DAY_MS);
  const y = (value) => Math.round((base - (base - TOP) * (value / most)) * 10) / 10;
  const [first, last] = [counted[0], counted.at(-1)];
  const line = counted.map((point) => `L${x(point.at)} ${y(point.sentMbps)}`).join("");
  const text = `${most.toLocaleString(undefined, { maximumFractionDigits: most < 10 ? 2 : 0 })} Mbit/s`;
  return svg("svg", { class: "curve traffic", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Sent by the gateways of ${region} in the last day, ${text} at most` },
    svg("line", { class: "axis", x1: LEFT, x2: WIDTH, y1: base, y2: base }),
    svg("path", { class: "sent", d: `M${x(first.at)} ${base}${line}L${x(last.at)} ${base}Z` }),
    svg("text", { x: LEFT, y: TOP + 8 }, `sent, last day: ${text} at most`));
}
