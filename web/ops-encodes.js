/** Runs of FFmpeg under way. */
import { element } from "./element.js";
import { keyedList, setText } from "./keyed-list.js";
import { formatMs, formatShare } from "./ops-format.js";
import { videoLink } from "./ops-why.js";

export function openEncodes(list) {
  return keyedList(list, ({ node, videoId, renditions, first, since }) => [node, videoId, renditions.join(), first, since].join(" "), toRow);
}

function toRow({ videoId, renditions, first, last, lane, node }) {
  const [bar, share, speed] = [element("progress", { max: 1, value: 0, "aria-label": `Progress of ${renditions.join(", ")} of ${videoId}` }), element("span", { class: "count" }), element("span", { class: "count quiet" })];
  const range = first === last ? `segment ${first}` : `segments ${first} to ${last}`;
  return {
    node: element("li", { class: "encode" },
      element("span", { class: "chip", "data-state": lane === "play" ? undefined : "unknown" }, lane === "play" ? "viewer" : "ahead"),
      element("span", { class: "what" }, videoLink(videoId), element("span", { class: "quiet small ellipsis" }, `${renditions.join(", ")} · ${range} · ${node}`)),
      bar, share, speed),
    show(encode) {
      bar.value = encode.progress;
      setText(share, formatShare(encode.progress));
      setText(speed, encode.speed === undefined ? formatMs(Math.max(0, Date.now() - encode.since)) : `${encode.speed.toFixed(encode.speed < 10 ? 1 : 0)}×`);
    },
  };
}
