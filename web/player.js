/**
 * The player of one video: the picture, what to wait for, what went wrong, qualities, keys and progress. It starts
 * loading before the video has been looked at: the server holds the playlist back until it is there.
 */
import { findProblem, getJson, ROOT } from "./api.js";
import { element } from "./element.js";
import { encodingPanel } from "./encoding-panel.js";
import { formatDuration, videoName } from "./format.js";
import { playerKeys } from "./player-keys.js";
import { keepLink } from "./private-link.js";
import { clearKeyConfig } from "./protection.js";
import { qualityMenu } from "./quality-menu.js";
import { regionFailover } from "./region-failover.js";
import { shareMenu } from "./share-menu.js";
import { trackMenus } from "./track-menus.js";
import { usageReports } from "./usage-reports.js";
import { followVideo } from "./video-events.js";
import { videoPaths } from "./video-paths.js";

const RETRIED_STATUSES = [0, 408, 425, 429, 502, 503, 504];
/** It says that more is to come: of a file that is still being sent, that may take minutes. */
const PATIENT_STATUS = 503;
const MAX_PATIENT_RETRIES = 100;
const MAX_RECOVERIES = 3;
/** A wait that is over before this needs no look at the gateway. */
const WAIT_CHECK_MS = 700;

/** Waits longer than the server holds an answer back; asks again only where that can help. */
function loadPolicy(firstByteMs, wholeMs) {
  return {
    default: {
      maxTimeToFirstByteMs: firstByteMs,
      maxLoadTimeMs: wholeMs,
      timeoutRetry: { maxNumRetry: 2, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: {
        maxNumRetry: 8, retryDelayMs: 500, maxRetryDelayMs: 4000,
        shouldRetry: (retry, count, _isTimeout, response) =>
          count < (response?.code === PATIENT_STATUS ? MAX_PATIENT_RETRIES : (retry?.maxNumRetry ?? 0)) && RETRIED_STATUSES.includes(response?.code ?? 0),
      },
    },
  };
}

const HLS_CONFIG = {
  // startLevel stays unset: then the variant that the server lists first, the one it has soonest, plays first
  startFragPrefetch: true,
  maxBufferLength: 30,
  maxMaxBufferLength: 60,
  backBufferLength: 60,
  manifestLoadPolicy: loadPolicy(45_000, 50_000),
  playlistLoadPolicy: loadPolicy(45_000, 50_000),
  fragLoadPolicy: loadPolicy(45_000, 120_000),
  // How the player is doing, and nothing of who watches what. In headers, for with a query nothing would come out of the browser's cache.
  cmcd: { useHeaders: true, includeKeys: ["bl", "br", "bs", "mtp", "ot", "sf", "su", "tb"] },
};

/**
 * @param container is emptied
 * @param token of the link by which the page was come to
 * @param isPrivate it needs a link, which the key that is kept here can get
 */
export function openPlayer(container, videoId, { token, isPrivate = false } = {}) {
  const paths = videoPaths(videoId, token);
  const master = () => new URL(paths.play("master.m3u8"), ROOT).href;
  const link = isPrivate ? keepLink(paths, () => follower?.again()) : undefined;
  const regions = regionFailover(paths, goOn);
  const video = element("video", { controls: true, playsinline: true, preload: "auto" });
  const wait = element("div", { class: "wait", role: "status" }, element("span", { class: "spinner", "aria-hidden": "true" }), element("span", { class: "wait-text" }, "Getting it ready…"));
  const fault = element("div", { class: "fault", role: "alert", hidden: true });
  const stage = element("div", { class: "stage-box" }, video, wait, fault);
  const title = element("h1", { class: "title" });
  const facts = element("p", { class: "quiet facts" });
  const copy = element("button", { type: "button", class: "plain", hidden: token !== undefined, onclick: () => copyLink(copy, videoId) }, "Copy link");
  const usageLink = element("a", { class: "plain", href: new URL(`usage/${videoId}`, ROOT).href, hidden: true }, "Usage");
  const share = isPrivate ? shareMenu(videoId) : { node: copy };
  const panel = encodingPanel();
  const menu = qualityMenu((level) => {
    if (hls !== undefined) hls.nextLevel = level;
  });
  const tracks = trackMenus();
  container.replaceChildren(stage, element("div", { class: "bar" }, element("div", { class: "bar-text" }, title, facts), share.node, usageLink, ...tracks.nodes, menu.node), ...(share.shown === undefined ? [] : [share.shown]), panel.node);

  let hls;
  let recoveries = 0;
  let over = false;
  let waitCheck;
  let follower;
  let closed = false;
  const releaseKeys = playerKeys(video, stage);
  const usage = usageReports(video, videoId, () => regions.rewrite(new URL(paths.play("usage"), ROOT).href));

  for (const type of ["loadeddata", "playing", "canplay", "seeked"]) video.addEventListener(type, () => showWait(false));
  for (const type of ["waiting", "seeking"]) video.addEventListener(type, () => {
    showWait(true, "");
    clearTimeout(waitCheck);
    waitCheck = setTimeout(() => { if (!wait.hidden) void regions.check(); }, WAIT_CHECK_MS); // a gateway that hangs tells no error
  });
  video.addEventListener("error", () => {
    if (hls === undefined) explain("The browser could not play this video.");
  });
  if (token === undefined) video.addEventListener("playing", () => {
    getJson("v1/access").then(({ permissions }) => { usageLink.hidden = !permissions.includes("usage.read"); }, (error) => console.info(error));
  }, { once: true });
  if (link === undefined) begin();
  else {
    showWait(true, "Getting it ready…");
    link.ready.then(begin, refuse);
  }

  function begin() {
    if (closed) return;
    follower = followVideo(paths, showVideo, refuse);
    start();
  }

  function refuse(error) {
    panel.node.hidden = true;
    title.textContent = "Video";
    showFault("This video can’t be shown.", inWords(error));
  }

  /** To who came by a link there is no such video when that has ended. */
  function inWords(error) {
    return token !== undefined && error.status === 404 ? { message: "The link has ended, or was never good. Ask whoever gave it to you for another." } : error;
  }

  function start() {
    fault.hidden = true;
    showWait(true, "Getting it ready…");
    if (globalThis.Hls?.isSupported() === true) startHls();
    else if (video.canPlayType("application/vnd.apple.mpegurl") !== "") video.src = regions.rewrite(master());
    else return showFault("This browser can’t play this video.", { message: "It has neither Media Source Extensions nor HLS." });
    video.play().catch(() => showWait(video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA)); // without a click some browsers wait for one
  }

  function startHls() {
    const { Hls } = globalThis;
    // hls.js opens a request unless this has; its retries go where the first try should have gone
    const address = (url) => regions.rewrite(paths.renew(url));
    hls = new Hls({ ...HLS_CONFIG, ...clearKeyConfig(Hls, new URL("license", master()).href, address), xhrSetup: (xhr, url) => xhr.open("GET", address(url), true) });
    globalThis.lectern = { hls, video };
    hls.on(Hls.Events.MANIFEST_PARSED, () => menu.setLevels(hls.levels));
    hls.on(Hls.Events.LEVELS_UPDATED, () => menu.setLevels(hls.levels));
    hls.on(Hls.Events.LEVEL_SWITCHED, (_event, { level }) => {
      menu.showPlaying(level);
      usage.shows(hls.levels[level]?.bitrate ?? 0);
    });
    // not before: a small player would turn down the variant that is there first
    video.addEventListener("playing", () => { hls.capLevelToPlayerSize = true; }, { once: true });
    tracks.follow(hls, Hls);
    const current = hls;
    hls.on(Hls.Events.ERROR, (_event, error) => {
      if (error.fatal) void onFatal(error, current);
      else if (error.type === Hls.ErrorTypes.NETWORK_ERROR) void regions.check(error.frag?.url ?? error.url);
    });
    hls.attachMedia(video);
    hls.loadSource(master());
  }

  async function onFatal({ type, frag, url }, failed) {
    const { Hls } = globalThis;
    if (type === Hls.ErrorTypes.MEDIA_ERROR && recoveries++ < MAX_RECOVERIES) hls.recoverMediaError();
    else if (link !== undefined && (await link.check())) hls.startLoad();
    else if (!(await regions.check(frag?.url ?? url)) && hls === failed) explain("This video can’t be played now.");
  }

  /** With another gateway; what is buffered stays. */
  function goOn() {
    if (over) return;
    if (hls === undefined || hls.levels.length === 0) return restart();
    hls.stopLoad(); // what was asked of the one that is gone
    hls.startLoad();
  }

  /** Asks the server why, and shows its answer. */
  async function explain(headline) {
    const problem = await findProblem(paths.play("master.m3u8"));
    if (!over) showFault(headline, inWords(problem ?? { message: "A part of it did not arrive." }), restart);
  }

  function restart() {
    const at = video.currentTime;
    hls?.destroy();
    recoveries = 0;
    start();
    if (at > 0) video.addEventListener("loadedmetadata", () => { video.currentTime = at; }, { once: true });
  }

  function showVideo(view) {
    panel.show(view);
    title.textContent = videoName(view);
    title.classList.toggle("private", view.visibility === "private");
    document.title = `${videoName(view)} · Lectern`;
    facts.textContent = [view.durationSec === undefined ? "" : formatDuration(view.durationSec), ...Object.entries(view.labels ?? {}).map(([name, value]) => `${name}: ${value}`)].filter((part) => part !== "").join(" · ");
    const words = { rejected: "This video was refused.", failed: "This video could not be prepared.", deleted: "This video was deleted." }[view.status];
    if (words === undefined) return;
    over = true;
    panel.node.hidden = true;
    hls?.destroy();
    showFault(words, { message: "", reasons: view.reasons ?? [] });
  }

  function showWait(waiting, words) {
    wait.hidden = !waiting;
    if (words !== undefined) wait.querySelector(".wait-text").textContent = words;
  }

  function showFault(headline, { message = "", reasons = [] }, retry) {
    showWait(false);
    fault.hidden = false;
    fault.replaceChildren(element("h2", {}, headline),
      ...(reasons.length > 0 ? [element("ul", {}, ...reasons.map((reason) => element("li", {}, reason.message)))] : [element("p", {}, message)]),
      ...(retry === undefined ? [] : [element("button", { type: "button", class: "primary", onclick: retry }, "Try again")]));
  }

  return {
    close() {
      closed = true;
      clearTimeout(waitCheck);
      usage.close();
      link?.close();
      follower?.close();
      releaseKeys();
      hls?.destroy();
      container.replaceChildren();
    },
  };
}

async function copyLink(button, videoId) {
  const link = new URL(`watch/${videoId}`, ROOT).href;
  try {
    await navigator.clipboard.writeText(link);
    button.textContent = "Copied";
  } catch (error) {
    button.textContent = link; // no clipboard without a secure origin
    console.info(error);
  }
}
