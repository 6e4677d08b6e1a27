/** Tells the gateway how a video is watched: every twenty seconds while it plays, and when the page is left. Nobody is named. */
import { watchedRanges } from "./watched-ranges.js";

const REPORT_MS = 20_000;
/** Reports that wait, while the gateway is away. */
const MAX_WAITING = 10;
/** As many as a session may send. */
const MAX_REPORTS = 4_320;
/** What was watched before counts as before for so long. */
const BEFORE_MS = 4 * 3_600_000;
/** From here on the video has been watched. */
const WATCHED_SEC = 5;
const KEPT = "lectern-watched";
/** It is worth sending again. */
const PASSING = [0, 408, 425, 429, 500, 502, 503, 504];

/**
 * @param address where reports go now
 * @param ports what a browser has, for tests
 */
export function usageReports(video, videoId, address, { send = post, beacon = (url, body) => navigator.sendBeacon(url, body), kept = browserStorage(), page = globalThis, document = globalThis.document } = {}) {
  const ranges = watchedRanges(video);
  const session = chance();
  const previous = readPrevious();
  let [seq, watchedSec, isOff, isSending] = [0, 0, false, false];
  let waiting = [];
  const timer = setInterval(() => void report(), REPORT_MS);
  const onSeeked = () => { if (ranges.isFull()) void report(); };
  const onHidden = () => { if (document.visibilityState === "hidden") leave(); };
  video.addEventListener("seeked", onSeeked);
  video.addEventListener("ended", report);
  page.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", onHidden);

  function readPrevious() {
    try {
      const { id, at } = JSON.parse(kept?.getItem(KEPT) ?? "{}");
      return id !== videoId && /^[0-9a-z]{26}$/.test(id) && Date.now() - at < BEFORE_MS ? id : undefined;
    } catch (error) {
      console.info(error); // somebody else's, or the browser keeps nothing
      return undefined;
    }
  }

  function gather() {
    const taken = isOff || seq >= MAX_REPORTS ? undefined : ranges.take();
    if (taken === undefined) return;
    waiting.push(JSON.stringify({ session, seq: seq++, ...taken, ...(previous === undefined ? {} : { previous }) }));
    waiting = waiting.slice(-MAX_WAITING);
    watchedSec += taken.ranges.reduce((sum, [from, to]) => sum + to - from, 0);
    if (watchedSec >= WATCHED_SEC) kept?.setItem(KEPT, JSON.stringify({ id: videoId, at: Date.now() }));
  }

  async function report() {
    gather();
    if (isSending) return;
    isSending = true;
    while (waiting.length > 0 && !isOff) {
      const [body] = waiting;
      const { status, code } = await send(address(), body);
      if (PASSING.includes(status)) break;
      isOff = code === "usage_off";
      waiting = waiting.filter((one) => one !== body);
    }
    isSending = false;
  }

  /** What is under way may come twice, and counts once. */
  function leave() {
    gather();
    if (isOff) return;
    waiting = waiting.filter((body) => !beacon(address(), body));
  }

  return {
    shows: ranges.shows,
    close() {
      leave();
      clearInterval(timer);
      ranges.close();
      video.removeEventListener("seeked", onSeeked);
      video.removeEventListener("ended", report);
      page.removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", onHidden);
    },
  };
}

/** Text needs no question beforehand, also of another region's gateway. */
async function post(url, body) {
  try {
    const answer = await fetch(url, { method: "POST", body, keepalive: true });
    return { status: answer.status, code: answer.ok ? undefined : (await answer.json().catch(() => ({}))).code };
  } catch {
    return { status: 0 }; // away
  }
}

function chance() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Nothing is kept in a browser that asks not to be followed. */
function browserStorage() {
  if (navigator.globalPrivacyControl === true || navigator.doNotTrack === "1") return undefined;
  try {
    return localStorage;
  } catch {
    return undefined; // it is forbidden here
  }
}
