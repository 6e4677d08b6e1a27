/** The page that shows how one video is watched. */
import { ApiError, getJson, hasKey, keepKey, takeKey } from "./api.js";
import { element } from "./element.js";
import { formatDuration } from "./format.js";
import { dayBars } from "./usage-days.js";
import { usageTimeline } from "./usage-timeline.js";
import { previews } from "./storyboard-previews.js";

const find = (selector) => document.querySelector(selector);
const [title, facts, periods, fault, keyForm, report] = ["#title", "#facts", "#periods", "#fault", "#key", "#report"].map(find);
const id = location.pathname.split("/").findLast((part) => part !== "");
const DAY_MS = 86_400_000;
const pictures = previews(id);
let asked = 0;

takeKey();
find("#watch").href = `../watch/${id}`;
addEventListener("key-wanted", () => { keyForm.hidden = false; });
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("#key-text").value.trim());
  location.reload();
});
periods.addEventListener("click", ({ target }) => {
  if (!target.matches("button")) return;
  for (const button of periods.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === target));
  void load(Number(target.dataset.days));
});
await load(30);

async function load(days) {
  const number = ++asked;
  const from = new Date(Date.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  try {
    const usage = await getJson(`v1/videos/${id}/usage?from=${from}`);
    if (number === asked) show(usage);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    report.hidden = true;
    fault.hidden = false;
    fault.textContent = error.status === 401 && !hasKey() ? "How videos are watched is shown to who has a key." : error.message;
  }
}

function show(usage) {
  const { title: name, course, durationSec, totals, days, quality } = usage;
  [title.textContent, document.title] = [name ?? `Video ${id}`, `${name ?? "Video"} – usage – Lectern`];
  facts.textContent = [formatDuration(durationSec), course].filter((part) => part !== undefined).join(" · ");
  fault.hidden = true;
  report.hidden = false;
  if (totals.views === 0 && totals.watchSec === 0) {
    report.replaceChildren(element("p", { class: "panel quiet" }, "Nobody watched in this time."));
    return;
  }
  report.replaceChildren(
    figures(totals, durationSec),
    usage.tooFew === true
      ? element("section", { class: "panel" }, element("h2", {}, "Along the video"), element("p", { class: "quiet" }, "So few have watched that this would say what each of them did. It is shown when more have on one day."))
      : usageTimeline(usage, pictures),
    element("div", { class: "halves" },
      element("section", { class: "panel" }, element("h2", {}, "Views a day"), dayBars(usage)),
      ...(usage.tooFew === true ? [] : [element("section", { class: "panel" }, element("h2", {}, "Where people go"), jumps(usage))]),
      element("section", { class: "panel" }, element("h2", {}, "How it played"), qualityList(quality)),
    ),
    element("p", { class: "quiet note" }, `Days in UTC, ${days[0]?.day ?? usage.from} to ${usage.to}. A view is five seconds of watching; who comes on two days is two viewers. Nobody is named, and nobody can be found from this.`),
  );
}

function figures({ views, viewers, watchSec, completions }, durationSec) {
  const share = (part, of) => (of === 0 ? "–" : `${Math.round((100 * part) / of)} %`);
  const each = views === 0 ? 0 : watchSec / views;
  return element("ul", { class: "figures" }, ...[
    ["Views", views.toLocaleString()], ["Viewers", viewers.toLocaleString()], ["Watched", formatHours(watchSec)],
    ["Seen of it, on the mean", share(each, durationSec)], ["To the end", share(completions, views)],
  ].map(([label, value]) => element("li", { class: "panel" }, element("b", {}, value), element("span", { class: "quiet" }, label))));
}

function formatHours(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toLocaleString(undefined, { maximumFractionDigits: seconds < 36_000 ? 1 : 0 })} h`;
}

function jumps({ seeks = [] }) {
  if (seeks.length === 0) return element("p", { class: "quiet" }, "Nobody jumped.");
  const most = seeks[0].count;
  return element("ul", { class: "jumps" }, ...seeks.slice(0, 8).map(({ fromSec, toSec, count }) => element("li", {},
    element("span", {}, ...(toSec === fromSec ? ["about ", formatDuration(fromSec)] : [`${formatDuration(fromSec)} `, element("span", { class: "arrow", role: "img", "aria-label": toSec < fromSec ? "back to" : "on to" }, toSec < fromSec ? "↶" : "↷"), ` ${formatDuration(toSec)}`])),
    element("progress", { max: most, value: count, "aria-hidden": "true" }),
    element("span", { class: "count" }, count.toLocaleString()),
  )));
}

function qualityList({ startups, startupMs, startupWithin, stalls, stallsPerHour, stallSec, switchesDown }) {
  const within = startupWithin.find(({ count }) => startups > 0 && count >= 0.95 * startups);
  const rows = [
    ["First picture, on the mean", startupMs === undefined ? "–" : `${(startupMs / 1_000).toFixed(1)} s`],
    ["19 of 20 within", startups === 0 ? "–" : within === undefined ? "over 15 s" : `${within.ms / 1_000} s`],
    ["Stalls", stalls === 0 ? "none" : `${stalls.toLocaleString()}, ${Math.round(stallSec)} s in all`],
    ["Stalls an hour watched", stallsPerHour === undefined ? "–" : stallsPerHour.toLocaleString(undefined, { maximumFractionDigits: 1 })],
    ["Changes to a lower quality", switchesDown.toLocaleString()],
  ];
  return element("dl", { class: "rows" }, ...rows.flatMap(([label, value]) => [element("dt", { class: "quiet" }, label), element("dd", {}, value)]));
}
