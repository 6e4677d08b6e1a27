/** The player's keys: space and k, arrows, j and l, m, f, digits. */

const SKIP_SEC = { ArrowLeft: -5, ArrowRight: 5, j: -10, l: 10 };

/** @param stage what f shows on the whole screen */
export function playerKeys(video, stage) {
  const seek = (to) => {
    if (Number.isFinite(video.duration)) video.currentTime = Math.min(Math.max(to, 0), video.duration);
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isPressing(event)) return;
    const { key } = event;
    const skip = SKIP_SEC[key];
    if (key === " " || key === "k") playOrPause(video);
    else if (skip !== undefined) seek(video.currentTime + skip);
    else if (key === "m") video.muted = !video.muted;
    else if (key === "f") fullScreen(stage, video);
    else if (/^[0-9]$/.test(key)) seek((video.duration * Number(key)) / 10);
    else return;
    event.preventDefault(); // else the page scrolls, or the element's own controls act a second time
    event.stopPropagation();
  };
  document.addEventListener("keydown", onKey, true);
  return () => document.removeEventListener("keydown", onKey, true);
}

function playOrPause(video) {
  if (video.paused) video.play().catch(() => video.pause()); // the browser wants a click first
  else video.pause();
}

function fullScreen(stage, video) {
  if (document.fullscreenElement !== null) document.exitFullscreen();
  else if (stage.requestFullscreen !== undefined) stage.requestFullscreen();
  else video.webkitEnterFullscreen?.(); // iPhones
}

function isTyping(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=menu]") !== null;
}

/** A focused button or link keeps its own keys. */
function isPressing({ key, target }) {
  return (key === " " || key.startsWith("Arrow")) && target instanceof Element && target.closest("button, a, summary") !== null;
}
