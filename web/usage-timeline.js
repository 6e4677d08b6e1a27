/** A video from beginning to end: which share stays, as a curve, and how often each part is played, as a strip of heat. */
import { element } from "./element.js";
import { formatDuration } from "./format.js";
import { svg } from "./svg.js";

const HEIGHT = 100;
const TICKS = 5;

/** @param pictureAt see storyboard-previews.js */
export function usageTimeline({ durationSec, bucketSec, heat, retention }, pictureAt) {
  const count = heat.length;
  const most = Math.max(...heat, 0.001);
  const middle = (bucket) => Math.min(durationSec, (bucket + 0.5) * bucketSec);
  const x = (sec) => (1000 * sec) / durationSec;
  const y = (share) => HEIGHT * (1 - share);
  const points = [[0, retention[0]], ...retention.map((share, bucket) => [middle(bucket), share]), [durationSec, retention[count - 1]]];
  const line = points.map(([sec, share], at) => `${at === 0 ? "M" : "L"}${x(sec).toFixed(2)} ${y(share).toFixed(2)}`).join("");

  const curve = svg("svg", { viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", class: "curve", "aria-hidden": "true" },
    ...[0.25, 0.5, 0.75].map((share) => svg("line", { x1: 0, x2: 1000, y1: y(share), y2: y(share), class: "grid" })),
    svg("path", { d: `${line}L1000 ${HEIGHT}L0 ${HEIGHT}Z`, class: "area" }),
    svg("path", { d: line, class: "line" }),
  );
  const strip = svg("svg", { viewBox: `0 0 1000 10`, preserveAspectRatio: "none", class: "heat", "aria-hidden": "true" }, ...heat.map((times, bucket) => {
    const [from, to] = [x(bucket * bucketSec), x(Math.min(durationSec, (bucket + 1) * bucketSec))];
    const cell = svg("rect", { x: from, y: 0, width: to - from, height: 10, "shape-rendering": "crispEdges" });
    cell.style.fillOpacity = String(times === 0 ? 0 : 0.12 + 0.88 * (times / most));
    return cell;
  }));
  const cursor = element("div", { class: "cursor", hidden: true });
  const picture = element("div", { class: "preview", hidden: true });
  const words = element("span");
  const tip = element("div", { class: "tip", hidden: true }, picture, words);
  const plot = element("div", {
    class: "plot", tabindex: "0", role: "slider", "aria-label": "How many watch, along the video", "aria-valuemin": "0", "aria-valuemax": String(Math.round(durationSec)), "aria-valuenow": "0",
    onpointermove: ({ clientX }) => show(Math.floor((count * (clientX - plot.getBoundingClientRect().left)) / plot.clientWidth)),
    onpointerleave: hide, onblur: hide,
    onfocus: () => show(shown ?? 0),
    onkeydown: (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -count, End: count }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      show((shown ?? 0) + step);
    },
  }, element("span", { class: "scale quiet" }, "all"), element("span", { class: "scale half quiet" }, "half"), curve, strip, cursor, tip);
  let shown;

  function show(wanted) {
    const bucket = Math.max(0, Math.min(count - 1, wanted));
    const isNew = bucket !== shown;
    shown = bucket;
    for (const node of [cursor, tip]) node.hidden = false;
    const part = `${(100 * middle(bucket)) / durationSec}%`;
    [cursor.style.left, tip.style.left] = [part, `clamp(6rem, ${part}, calc(100% - 6rem))`];
    words.replaceChildren(element("b", {}, formatDuration(bucket * bucketSec)), ` ${Math.round(100 * retention[bucket])} % watch, played ${sayTimes(heat[bucket])}×`);
    plot.setAttribute("aria-valuenow", String(Math.round(bucket * bucketSec)));
    plot.setAttribute("aria-valuetext", words.textContent);
    if (isNew) void showPicture(bucket);
  }

  async function showPicture(bucket) {
    const found = await pictureAt(bucket * bucketSec);
    if (bucket !== shown) return;
    picture.hidden = found === undefined;
    if (found === undefined) return;
    Object.assign(picture.style, { width: `${found.width}px`, height: `${found.height}px`, backgroundImage: `url("${found.sheet}")`, backgroundPosition: `-${found.x}px -${found.y}px` });
  }

  function hide() {
    for (const node of [cursor, tip]) node.hidden = true;
  }

  const best = heat.indexOf(most);
  const times = Array.from({ length: TICKS }, (_, tick) => element("span", {}, formatDuration((durationSec * tick) / (TICKS - 1))));
  return element("section", { class: "panel timeline" },
    element("div", { class: "timeline-head" },
      element("h2", {}, "Along the video"),
      element("p", { class: "quiet legend" }, element("span", { class: "key-line" }, "share that watches"), element("span", { class: "key-heat" }, "how often it is played")),
    ),
    plot,
    element("div", { class: "quiet axis" }, ...times),
    element("p", { class: "quiet" }, best < 0 ? "" : `Played most: ${formatDuration(best * bucketSec)}, ${sayTimes(most)} times. Half of those who begin ${sayHalf(retention, bucketSec)}.`),
  );
}

const sayTimes = (times) => times.toLocaleString(undefined, { maximumFractionDigits: times < 10 ? 1 : 0 });

/** Where fewer than half watch, and no more come back. */
function sayHalf(retention, bucketSec) {
  const last = retention.findLastIndex((share) => share >= 0.5);
  return last === retention.length - 1 ? "stay to the end" : `stay until ${formatDuration((last + 1) * bucketSec)}`;
}
