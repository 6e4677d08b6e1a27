/** One video to review: its findings, its pictures, and the buttons that decide. */
import { getPicture } from "./api.js";
import { element } from "./element.js";
import { formatDuration } from "./format.js";

/** @param decide called with `{ verdict, note }`; absent: this key only looks */
export function reviewCase(review, decide) {
  const { id, title, verdict, findings, evidence, scores = {}, classifier, cost, createdAt, mode, decision } = review;
  return [
    element("div", { class: "case-head" },
      element("h2", { class: "title" }, title ?? id),
      element("span", { class: "chip", "data-verdict": decision?.verdict ?? verdict }, decision === undefined ? verdict : `${decision.verdict} by ${decision.by}`)),
    element("p", { class: "quiet" }, `Posted ${new Date(createdAt).toLocaleString()}; ${mode === "screen-first" ? "waits for you before it is public" : "plays until it is blocked"}. Looked at ${cost.frames} frames in ${cost.seconds} s.`),
    element("ul", { class: "findings" }, ...findings.map(toFinding)),
    ...(evidence.length === 0 ? [] : [element("div", { class: "evidence" }, ...evidence.map((frame) => toPicture(id, frame)))]),
    ...(Object.keys(scores).length === 0 ? [] : [toScores(scores, classifier)]),
    ...(decide === undefined || decision !== undefined ? [] : [toButtons(decide)]),
  ];
}

function toFinding({ code, message, verdict }) {
  return element("li", { "data-verdict": verdict }, element("b", {}, code.replaceAll("_", " ")), element("span", {}, message));
}

function toPicture(id, { n, at, codes }) {
  const image = element("img", { alt: `The picture at ${formatDuration(at)}`, width: 320, height: 180 });
  getPicture(`v1/reviews/${id}/frames/${n}.jpg`).then((address) => { image.src = address; }, () => { image.alt = "This picture can’t be shown."; });
  return element("figure", {}, image, element("figcaption", { class: "quiet" }, [formatDuration(at), ...codes.map((code) => code.replaceAll("_", " "))].join(" · ")));
}

function toScores(scores, classifier) {
  const rows = Object.entries(scores).toSorted(([, a], [, b]) => b - a).map(([name, score]) => element("li", {}, element("span", {}, name), element("meter", { min: 0, max: 1, value: score, "aria-label": name }), element("span", { class: "count" }, `${Math.round(score * 100)} %`)));
  return element("details", { open: true }, element("summary", {}, `Highest scores by ${classifier?.name ?? "the classifier"} ${classifier?.version ?? ""}`), element("ul", { class: "scores" }, ...rows));
}

function toButtons(decide) {
  const note = element("textarea", { id: "note", rows: 2, maxlength: 2000, placeholder: "A note for whoever asks later" });
  const decideAs = (verdict) => () => decide({ verdict, ...(note.value.trim() === "" ? {} : { note: note.value.trim() }) });
  note.addEventListener("keydown", (event) => { if (event.key === "Escape") document.querySelector("#pass").focus(); });
  return element("div", { class: "decide" },
    element("label", { class: "hidden", for: "note" }, "Note"), note,
    element("button", { id: "pass", type: "button", class: "primary good", onclick: decideAs("pass") }, "Pass"),
    element("button", { id: "block", type: "button", class: "primary bad", onclick: decideAs("block") }, "Block"));
}
