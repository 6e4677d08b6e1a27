/** The curve of a region as SVG: the day that was, the day that is expected with its band, and room for it. */
const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 200, 34, 20, 8];
const HOUR_MS = 3_600_000;

/** @param room slots that viewers' encodes may use of one transcoder @returns what to draw; figures of an empty history draw an empty curve */
export function planCurve({ at, past, forecast }, slotsEach) {
  const [from, until] = [at - 24 * HOUR_MS, at + 24 * HOUR_MS];
  const most = Math.max(1, ...past.map(({ play }) => play), ...forecast.map(({ p90, transcoders }) => Math.max(p90, transcoders * slotsEach)));
  const x = (time) => round(LEFT + ((WIDTH - LEFT) * (Math.min(until, Math.max(from, time)) - from)) / (until - from));
  const y = (value) => round(TOP + (HEIGHT - BOTTOM - TOP) * (1 - value / most));
  const line = (points, of) => points.map((point, n) => `${n === 0 ? "M" : "L"}${x(point.at)} ${y(of(point))}`).join("");
  const upper = line(forecast, ({ p90 }) => p90);
  const back = forecast.toReversed().map((point) => `L${x(point.at)} ${y(point.p50)}`).join("");
  return {
    most, now: x(at),
    past: line(past, ({ play }) => play), middle: line(forecast, ({ p50 }) => p50), band: upper === "" ? "" : `${upper}${back}Z`, room: line(forecast, ({ transcoders }) => transcoders * slotsEach),
    hours: Array.from({ length: 7 }, (_, n) => from + n * 8 * HOUR_MS).map((time) => ({ time, x: x(time) })),
    base: y(0), top: y(most),
  };
}

const round = (value) => Math.round(value * 10) / 10;

export function drawCurve(outlook, slotsEach) {
  const plan = planCurve(outlook, slotsEach);
  const svg = make("svg", { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Slots that viewers' encodes used in ${outlook.region} in the last day, and are expected to use in the next` });
  svg.append(make("line", { class: "axis", x1: LEFT, x2: WIDTH, y1: plan.base, y2: plan.base }));
  for (const name of ["band", "room", "past", "middle"]) svg.append(make("path", { class: name, d: plan[name] }));
  svg.append(make("line", { class: "now", x1: plan.now, x2: plan.now, y1: TOP, y2: plan.base }));
  for (const [n, { time, x }] of plan.hours.entries()) svg.append(label(new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }), { class: n % 3 === 0 ? "" : "between", x, y: HEIGHT - 4, "text-anchor": x > WIDTH - 30 ? "end" : "middle" }));
  svg.append(label(plan.most.toFixed(plan.most < 10 ? 1 : 0), { x: LEFT - 5, y: plan.top + 8, "text-anchor": "end" }), label("0", { x: LEFT - 5, y: plan.base, "text-anchor": "end" }));
  return svg;
}

function make(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  return node;
}

function label(text, attributes) {
  const node = make("text", attributes);
  node.textContent = text;
  return node;
}
