/** The menu of qualities: Auto, each height, Source. A menu button as ARIA describes it. */
import { element } from "./element.js";
import { formatRate } from "./format.js";

/** @returns {{ node: HTMLElement, setLevels, showPlaying }} */
export function qualityMenu(onChoose) {
  let chosen = -1;
  let levels = [];
  let playing = -1;

  const label = element("span", {}, "Auto");
  const button = element("button", { type: "button", class: "plain quality", "aria-haspopup": "menu", "aria-expanded": "false", disabled: true, onclick: toggle, onkeydown: openByKey },
    element("span", { class: "quiet" }, "Quality"), label);
  const menu = element("div", { class: "menu", role: "menu", "aria-label": "Quality", hidden: true, onkeydown: moveByKey });
  const node = element("div", { class: "quality-box", onfocusout: closeWhenLeft }, button, menu);

  function items() {
    return [...menu.querySelectorAll("[role=menuitemradio]")];
  }

  function open(focusLast = false) {
    menu.hidden = false;
    button.setAttribute("aria-expanded", "true");
    const all = items();
    (focusLast ? all.at(-1) : all.find((item) => item.getAttribute("aria-checked") === "true") ?? all[0])?.focus();
  }

  function close(focusButton = false) {
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    if (focusButton) button.focus();
  }

  function toggle() {
    if (menu.hidden) open();
    else close();
  }

  function openByKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    open(event.key === "ArrowUp");
  }

  function moveByKey(event) {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const targets = { ArrowDown: all[(at + 1) % all.length], ArrowUp: all.at(at - 1), Home: all[0], End: all.at(-1) };
    event.stopPropagation(); // the player's own keys rest while the menu is open
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    if (targets[event.key] === undefined) return;
    event.preventDefault();
    targets[event.key].focus();
  }

  function closeWhenLeft(event) {
    if (!node.contains(event.relatedTarget)) close();
  }

  function choose(level) {
    chosen = level;
    onChoose(level);
    close(true);
    draw();
  }

  function draw() {
    const current = levels.find(({ index }) => index === playing);
    const picked = levels.find(({ index }) => index === chosen);
    label.textContent = picked === undefined ? `Auto${current === undefined ? "" : ` · ${current.short}`}` : picked.name;
    menu.replaceChildren(item(-1, "Auto", "best fit"), ...levels.map(({ index, name, bitrate }) => item(index, name, formatRate(bitrate))));
  }

  function item(level, name, note) {
    return element("button", { type: "button", role: "menuitemradio", tabindex: "-1", "aria-checked": String(level === chosen), "data-level": level, onclick: () => choose(level) },
      element("span", {}, name), element("span", { class: "quiet" }, note));
  }

  return {
    node,
    /** @param list hls.js' levels; the best comes first in the menu */
    setLevels(list) {
      levels = list.map((level, index) => ({ index, name: levelName(level), short: shortName(level), bitrate: level.averageBitrate || level.bitrate, height: level.height ?? 0, source: isSource(level) }))
        .toSorted((a, b) => Number(b.source) - Number(a.source) || b.height - a.height || b.bitrate - a.bitrate);
      button.disabled = levels.length === 0;
      draw();
    },
    showPlaying(level) {
      playing = level;
      const focused = menu.contains(document.activeElement);
      if (!focused) draw();
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
