/** Figures of the operations page in words. A figure and its unit stay on one line. */

/** @param ms -1: beyond what is measured */
export function formatMs(ms) {
  if (ms < 0) return ">\u00a08\u00a0s";
  if (ms < 1_000) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 60_000) return `${trim((ms / 1_000).toFixed(ms < 9_950 ? 1 : 0))}\u00a0s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}\u00a0min ${two(Math.floor(ms / 1_000) % 60)}\u00a0s`;
  return `${Math.floor(ms / 3_600_000)}\u00a0h ${two(Math.floor(ms / 60_000) % 60)} min`;
}

export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1_000 ** power;
  return `${power === 0 || amount >= 99.5 ? Math.round(amount) : trim(amount.toFixed(1))}\u00a0${units[power]}`;
}

export function formatCount(n) {
  return n >= 10_000 ? `${trim((n / 1_000).toFixed(n < 100_000 ? 1 : 0))}\u00a0k` : String(Math.round(n));
}

export function formatRate(n) {
  return n >= 10 || n === 0 ? formatCount(n) : trim(n.toFixed(1));
}

export function formatShare(share) {
  return `${Math.round(share * 100)}\u00a0%`;
}

export function formatUptime(seconds) {
  if (seconds < 120) return `${seconds}\u00a0s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

export function formatClock(ms) {
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(ms);
}

export function plural(n, noun) {
  return `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** The id in what somebody pasted: an id, or any address of a video. */
export function findVideoId(text) {
  return /(?:^|[^0-9a-z])([0-9a-z]{26})(?:$|[^0-9a-z])/.exec(text.trim())?.[1];
}

const two = (n) => String(n).padStart(2, "0");
const trim = (text) => text.replace(/\.0$/, "");

/** A sentence whose figures keep their units. */
export function bindUnits(text) {
  return text.replace(/(\d) (ms|s|min|h|%)(?![a-z])/g, "$1\u00a0$2");
}
