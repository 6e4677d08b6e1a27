/** How far a video has come, in one line, a bar and a line for each rendition. */
import { element } from "./element.js";
import { formatWait } from "./format.js";

export function encodingPanel() {
  const text = element("p", { class: "stage", role: "status" }, "Sending…");
  const bar = element("progress", { max: "1", "aria-label": "Prepared" });
  const list = element("ul", { class: "renditions" });
  const details = element("details", { hidden: true }, element("summary", {}, "Renditions"), list);
  const node = element("section", { class: "panel", "aria-label": "Preparation" }, text, bar, details);
  return {
    node,
    show(video) {
      const { stored, planned } = counts(video);
      text.textContent = describe(video, stored, planned);
      node.dataset.status = video.status;
      if (planned > 0) bar.value = video.status === "complete" ? 1 : stored / planned;
      else bar.removeAttribute("value"); // moves without saying how far
      bar.hidden = ["complete", "rejected", "failed", "deleted"].includes(video.status) || (planned > 0 && stored >= planned);
      details.hidden = (video.renditions ?? []).length === 0;
      list.replaceChildren(...(video.renditions ?? []).map(renditionLine));
    },
  };
}

function counts({ progress }) {
  return { stored: progress?.storedSegments ?? 0, planned: progress?.plannedSegments ?? 0 };
}

function describe({ status, progress }, stored, planned) {
  if (status === "complete") return "Everything is prepared and stored.";
  if (status === "rejected") return "This video was refused.";
  if (status === "failed") return "This video could not be prepared.";
  if (status === "deleted") return "This video was deleted.";
  if (status === "submitted") return progress?.stage === "planning" ? "Planning…" : "Looking at the video…";
  if (planned === 0) return "It plays. Each part is prepared when it is watched.";
  if (stored >= planned) return "Prepared. The rest is made when it is watched.";
  const share = Math.floor((100 * stored) / planned);
  return `It plays. Preparing the rest: ${share} %${progress?.etaSec === undefined ? "" : ` · ${formatWait(progress.etaSec)}`}`;
}

function renditionLine({ name, mode, codecs, width, height, storedSegments, segments }) {
  const size = width === undefined || height === undefined ? "" : `${width}×${height}`;
  return element("li", {},
    element("b", {}, name),
    element("span", { class: "quiet ellipsis" }, [size, codecs, mode === "repackage" ? "as it came" : ""].filter((part) => part !== "").join(" · ")),
    element("progress", { max: segments || 1, value: storedSegments, "aria-label": `${name}: segments stored` }),
    element("span", { class: "quiet count" }, `${storedSegments} / ${segments}`));
}
