/** Figures and states in words. */

export function formatDuration(seconds) {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function formatWait(seconds) {
  if (seconds < 50) return "less than a minute left";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes} min left`;
  return `about ${Math.round(minutes / 6) / 10} h left`;
}

export function formatDate(iso) {
  const date = new Date(iso);
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat(undefined, { ...year, month: "short", day: "numeric", hour: "numeric", minute: "2-digit" }).format(date);
}

export function formatRate(bitsPerSec) {
  return bitsPerSec >= 1e6 ? `${(bitsPerSec / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bitsPerSec / 1e3)} kbit/s`;
}

/** What a list calls the video: its title, else the last part of its address. */
export function videoName({ title, source, id }) {
  if (title !== undefined && title !== "") return title;
  if (source?.kind !== "url" || !URL.canParse(source.url)) return `Video ${id}`;
  const { pathname, hostname } = new URL(source.url);
  const last = pathname.split("/").findLast((part) => part !== "");
  return last === undefined ? hostname : decode(last);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

export const STATUS_WORDS = {
  submitted: "checking",
  ready: "preparing",
  complete: "complete",
  rejected: "refused",
  failed: "failed",
  deleted: "deleted",
};
