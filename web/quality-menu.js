/** The menu of qualities: Auto, each height, Source. */
import { choiceMenu } from "./choice-menu.js";
import { formatRate } from "./format.js";

const AUTO = -1;

/** @returns {{ node: HTMLElement, setLevels, showPlaying }} */
export function qualityMenu(onChoose) {
  let chosen = AUTO;
  let levels = [];
  let playing = AUTO;

  const menu = choiceMenu({
    title: "Quality", name: "quality",
    onChoose(level) {
      chosen = level;
      onChoose(level);
      draw();
    },
  });
  draw();

  function draw() {
    const current = levels.find(({ index }) => index === playing);
    const picked = levels.find(({ index }) => index === chosen);
    const label = picked === undefined ? `Auto${current === undefined ? "" : ` · ${current.short}`}` : picked.name;
    const choices = levels.map(({ index, name, bitrate }) => ({ value: index, name, note: formatRate(bitrate) }));
    menu.show(choices.length === 0 ? [] : [{ value: AUTO, name: "Auto", note: "best fit" }, ...choices], chosen, label);
  }

  return {
    node: menu.node,
    /** @param list hls.js' levels; the best comes first in the menu */
    setLevels(list) {
      levels = list.map((level, index) => ({ index, name: levelName(level), short: shortName(level), bitrate: level.averageBitrate || level.bitrate, height: level.height ?? 0, source: isSource(level) }))
        .toSorted((a, b) => Number(b.source) - Number(a.source) || b.height - a.height || b.bitrate - a.bitrate);
      draw();
    },
    showPlaying(level) {
      playing = level;
      draw();
    },
  };
}

/** The rendition's name is the folder of its playlist. */
function isSource({ url }) {
  const first = Array.isArray(url) ? url[0] : url;
  return /\/source\/media\.m3u8(\?|$)/.test(first ?? "");
}

function levelName(level) {
  return isSource(level) ? `Source (${shortName(level)})` : shortName(level);
}

function shortName(level) {
  return level.height > 0 ? `${level.height}p` : (level.name ?? formatRate(level.bitrate));
}
