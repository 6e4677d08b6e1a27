/** Views by day, as bars. */
import { element } from "./element.js";
import { svg } from "./svg.js";

const DAY_MS = 86_400_000;
const HEIGHT = 100;

export function dayBars({ from, to, days }) {
  const views = new Map(days.map(({ day, views: count }) => [day, count]));
  const all = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) all.push(new Date(at).toISOString().slice(0, 10));
  const most = Math.max(1, ...views.values());
  const gap = all.length > 100 ? 0 : 0.2;
  const bars = all.map((day, at) => {
    const count = views.get(day) ?? 0;
    const height = count === 0 ? 0 : Math.max(2, (HEIGHT * count) / most);
    return svg("rect", { x: at + gap / 2, y: HEIGHT - height, width: 1 - gap, height, class: "day" }, svg("title", {}, document.createTextNode(`${dayName(day)}: ${count}`)));
  });
  return element("figure", { class: "days" },
    svg("svg", { viewBox: `0 0 ${all.length} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": `Views a day, ${most} at most` }, ...bars),
    element("figcaption", { class: "quiet axis" }, element("span", {}, dayName(from)), element("span", {}, `at most ${most.toLocaleString()}`), element("span", {}, dayName(to))),
  );
}

const dayName = (day) => new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" }).format(new Date(day));
