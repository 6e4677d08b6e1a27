/** Where a video's time went: a bar of its parts, its steps with their times, and the sentence. */
import { ApiError, getJson } from "./api.js";
import { element } from "./element.js";
import { findVideoId, formatClock, formatMs, formatShare } from "./ops-format.js";

const PARTS = { validating: "looking at the source", planning: "planning", waiting: "waiting in the queue", making: "being made", delayed: "pausing between attempts", other: "nothing of it in the queue", unknown: "unknown" };
const SHOW = "show-video";
const find = (selector) => document.querySelector(selector);

/** A video's id, that shows where its time went. */
export function videoLink(id) {
  return element("a", { href: `#video=${id}`, class: "id", onclick: (event) => { event.preventDefault(); dispatchEvent(new CustomEvent(SHOW, { detail: id })); } }, id);
}

/** @param orders called with a video's id and status: the buttons that go with it */
export function openWhy(orders) {
  const [form, input, fault, answer] = ["#ask-why", "#why-id", "#why-fault", "#why-answer"].map(find);
  let asked;

  async function show(id) {
    asked = id;
    input.value = id;
    fault.hidden = true;
    try {
      const why = await getJson(`v1/videos/${id}/why`);
      if (asked !== id) return; // another was asked for meanwhile
      answer.replaceChildren(...storyOf(why), ...orders(why, () => show(id)));
      answer.hidden = false;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      answer.hidden = true;
      say(error.message);
    }
  }
  function say(text) {
    fault.textContent = text;
    fault.hidden = false;
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const id = findVideoId(input.value);
    if (id === undefined) say("That is no video’s id, and no address of one.");
    else void show(id);
  });
  addEventListener(SHOW, async ({ detail }) => {
    await show(detail);
    find("#why").scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    (answer.hidden ? input : answer).focus({ preventScroll: true });
  });
}

function storyOf({ id, status, sentence, totalMs, parts, steps, queue }) {
  return [
    element("div", { class: "section-head" }, element("a", { class: "id", href: `watch/${id}` }, id), element("span", { class: "chip", "data-status": status }, status)),
    element("p", { class: "story-sentence" }, sentence),
    element("div", { class: "timeline", role: "img", "aria-label": `${formatMs(totalMs)} in all: ${parts.map(({ name, share }) => `${PARTS[name] ?? name} ${formatShare(share)}`).join(", ")}` }, ...parts.map(toPart)),
    element("ul", { class: "legend" }, ...parts.map(({ name, ms, share }) => element("li", {}, element("i", { "data-part": name, "aria-hidden": "true" }), `${PARTS[name] ?? name} `, element("b", {}, formatMs(ms)), element("span", { class: "quiet" }, ` ${formatShare(share)}`)))),
    element("ol", { class: "steps" }, ...steps.map(({ name, at, afterMs }, index) => element("li", {}, element("time", { class: "quiet", datetime: at }, formatClock(Date.parse(at))), element("span", {}, name), element("b", { class: "count" }, index === 0 ? "" : `+ ${formatMs(afterMs)}`)))),
    ...(queue === undefined ? [] : [element("p", { class: "quiet small" }, `Lane ${queue.lane}: ${queue.waiting} wait, ${queue.active} run, ${queue.completed} of ${queue.taken} taken are done, ${queue.failures} attempts failed${queue.nodes.length === 0 ? "" : `; worked on by ${queue.nodes.slice(0, 6).map(({ node, ms }) => `${node} (${formatMs(ms)})`).join(", ")}`}.`)]),
  ];
}

function toPart({ name, ms, share }) {
  const part = element("span", { "data-part": name, title: `${PARTS[name] ?? name}: ${formatMs(ms)}` }, share > 0.12 ? formatMs(ms) : "");
  part.style.flexGrow = String(Math.max(share, 0.004));
  return part;
}
