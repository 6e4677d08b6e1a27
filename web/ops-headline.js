/** The answer to the one question, and the figures that stand beside it. */
import { element } from "./element.js";
import { bindUnits, formatBytes, formatMs, formatRate, formatShare, plural } from "./ops-format.js";
import { keyedList, setText } from "./keyed-list.js";

const TITLES = { good: "● ", warning: "▲ ", bad: "■ ", unknown: "○ " };
const find = (selector) => document.querySelector(selector);

export function openHeadline() {
  const [box, answer, announced, figures] = ["#verdict", "#answer", "#announced", "#figures"].map(find);
  let told;
  const showCauses = keyedList(find("#causes"), ({ code, message }) => `${code} ${message}`, toCause);
  const showFigures = keyedList(figures, ({ name }) => name, toFigure);

  function say(level, sentence, causes, what) {
    box.dataset.level = level;
    setText(answer, bindUnits(sentence));
    // Figures change all the time; what is read aloud is only that the answer is another.
    if (told !== `${level} ${what}`) announced.textContent = sentence;
    told = `${level} ${what}`;
    showCauses(causes);
    document.title = `${TITLES[level]}${{ good: "No wait", warning: "Look", bad: "Learners wait", unknown: "Not connected" }[level]} – Lectern`;
  }
  return {
    show({ verdict: { level, sentence, causes }, ...overview }, step) {
      // What the sentence says already is not said again, but for what helps.
      const [first, ...others] = causes;
      say(level, sentence, first === undefined ? [] : [...(first.hint === undefined ? [] : [{ ...first, message: first.hint, hint: undefined, lead: true }]), ...others], first?.code);
      showFigures(figuresOf(overview, step));
    },
    /** @param since in words: when it was seen last */
    lose(since) { say("unknown", `Unknown: not connected since ${since}. What stands below is old.`, [], "line"); },
  };
}

function toCause({ level, lead }) {
  const [text, hint] = [element("span", {}), element("span", { class: "quiet" })];
  const node = element("li", { "data-level": level, class: lead ? "lead" : undefined }, text, " ", hint);
  return { node, show(cause) { setText(text, cause.message); setText(hint, cause.hint ?? ""); } };
}

function toFigure() {
  const [name, value, more] = [element("dt", {}), element("dd", {}), element("dd", { class: "quiet small" })];
  return {
    node: element("div", { class: "figure" }, name, value, more),
    show(figure) { setText(name, figure.name); setText(value, figure.value); setText(more, figure.more); },
  };
}

function figuresOf({ segments, firstPlays, regions, encodeCount }, step) {
  const nodes = regions.flatMap((region) => region.nodes);
  const slots = nodes.filter(({ state }) => state === "active").map((node) => node.slots).filter((one) => one !== undefined);
  const sum = (name) => slots.reduce((total, one) => total + one[name], 0);
  const hits = step === undefined ? 0 : step.cacheMemory + step.cacheRedis + step.cacheStore;
  const all = hits + (step?.cacheMade ?? 0);
  return [
    { name: "Segments", value: segments.p95Ms === undefined ? "–" : formatMs(segments.p95Ms), more: segments.count === 0 ? "none in the last minute" : `95 of 100, ${plural(segments.count, "answer")} a minute` },
    { name: "Wait to play", value: firstPlays.p95Ms === undefined ? "–" : firstPlays.p95Ms < 0 ? "> 30 s" : formatMs(firstPlays.p95Ms), more: firstPlays.count === 0 ? "none in ten minutes" : `95 of 100, ${plural(firstPlays.count, "start")} in ten minutes` },
    { name: "Sent", value: step === undefined ? "–" : `${formatBytes(step.sentBytes)}/s`, more: step === undefined ? "" : `${formatRate(step.segments)} segments/s` },
    { name: "Cache hits", value: all === 0 ? "–" : formatShare(hits / all), more: all === 0 ? "nothing was asked for" : `${formatShare(step.cacheMemory / all)} from memory` },
    { name: "Slots for viewers", value: slots.length === 0 ? "–" : `${sum("play")} of ${sum("total")}`, more: `${plural(encodeCount, "encode")} running` },
    { name: "From origins", value: step === undefined ? "–" : `${formatBytes(step.originBytes)}/s`, more: step === undefined ? "" : `${formatBytes(step.nearBytes)}/s were here` },
  ];
}
