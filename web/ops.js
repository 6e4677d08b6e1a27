/** The operations page: what who is on duty sees of the mesh, live, and what they may order. */
import { ApiError, getJson, hasKey, keepKey, takeKey } from "./api.js";
import { element } from "./element.js";
import { followEvents } from "./event-stream.js";
import { openEncodes } from "./ops-encodes.js";
import { formatClock, plural } from "./ops-format.js";
import { openHeadline } from "./ops-headline.js";
import { openPlots } from "./ops-plots.js";
import { openQueues } from "./ops-queues.js";
import { openRegions } from "./ops-regions.js";
import { mergeSteps } from "./ops-steps.js";
import { openDead, openErrors, showWhere } from "./ops-troubles.js";
import { openWhy } from "./ops-why.js";
import { confirmOrder } from "./orders.js";

/** Without an overview for so long what is shown is old, also where the line is up. */
const STALE_MS = 7_000;
const TROUBLES_MS = 10_000;
const find = (selector) => document.querySelector(selector);
const [fault, keyForm, board, line] = ["#fault", "#key", "#board", "#line"].map(find);

takeKey();
addEventListener("hashchange", () => {
  if (takeKey()) location.reload();
});
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("#key-text").value.trim());
  location.reload();
});

try {
  const { permissions } = await getJson("v1/access");
  if (permissions.includes("mesh.watch")) start((permission) => permissions.includes(permission));
  else askForKey();
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 401) askForKey();
  else say(error.message);
}

function askForKey() {
  keyForm.hidden = false;
  line.textContent = "";
  say(hasKey() ? "This key may not watch the mesh. It needs the key of an operator, an auditor or an admin." : "This needs the key of an operator, an auditor or an admin.");
}

function say(text) {
  fault.textContent = text;
  fault.hidden = text === "";
}

function start(may) {
  const headline = openHeadline();
  const showRegions = openRegions(find("#regions"), may("mesh.operate"));
  const showQueues = openQueues(find("#queues"), may("mesh.operate"));
  const showEncodes = openEncodes(find("#encodes"));
  const showPlots = openPlots(find("#plots"));
  const troubles = [openDead(may("videos.operate"), say), openErrors(may("mesh.operate"), say)];
  let steps = [];
  let seenAt;
  let dead;

  if (may("videos.explain")) {
    find("#why").hidden = false;
    openWhy((why, again) => (may("videos.operate") ? videoOrders(why, again) : []));
    const [, asked] = /^#video=([0-9a-z]{26})$/.exec(location.hash) ?? [];
    if (asked !== undefined) dispatchEvent(new CustomEvent("show-video", { detail: asked }));
  }

  followEvents("v1/ops/events", (type, told) => {
    steps = mergeSteps(steps, told.steps);
    if (type === "overview") show(told);
  }, ({ open, error }) => {
    if (error !== undefined) say(error.message);
    if (error?.status === 401) keyForm.hidden = false;
    if (!open) lose();
  });
  const loseIfOld = () => { if (seenAt !== undefined && Date.now() - seenAt > STALE_MS) lose(); };
  setInterval(loseIfOld, 1_000);
  document.addEventListener("visibilitychange", loseIfOld);
  setInterval(() => { if (!document.hidden) void lookForTroubles(); }, TROUBLES_MS);
  void lookForTroubles();

  function show(overview) {
    seenAt = Date.now();
    board.hidden = false;
    board.classList.remove("old");
    line.dataset.open = "true";
    line.textContent = `Live · ${formatClock(Date.parse(overview.at))}`;
    headline.show(overview, steps.at(-1));
    showRegions(overview.regions);
    showQueues(overview.queues, steps);
    showWhere(overview.queues);
    showEncodes(overview.encodes);
    showPlots(steps);
    find("#no-encodes").hidden = overview.encodes.length > 0;
    find("#encode-count").textContent = overview.encodeCount > overview.encodes.length ? `${overview.encodes.length} of ${overview.encodeCount}` : "";
    const { nodes, answered } = overview.asked;
    find("#asked").textContent = answered < nodes ? `${nodes - answered} of ${plural(nodes, "node")} say nothing more of themselves` : "";
    const nowDead = overview.queues.flatMap(({ lanes }) => Object.values(lanes)).reduce((sum, { failed }) => sum + failed, 0);
    if (dead !== undefined && nowDead !== dead) void lookForTroubles();
    dead = nowDead;
  }

  function lose() {
    if (document.hidden) return; // nobody looks, and so nothing is asked for
    line.dataset.open = "false";
    const since = seenAt === undefined ? undefined : formatClock(seenAt);
    line.textContent = since === undefined ? "Not connected yet; trying…" : `Not connected since ${since}; trying again…`;
    if (since === undefined) return;
    board.classList.add("old");
    headline.lose(since);
  }

  async function lookForTroubles() {
    for (const look of troubles) {
      try {
        await look();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        console.info(error.message); // the stream says whether the line is cut
      }
    }
  }
}

function videoOrders({ id, status }, again) {
  const button = (name, asked) => element("button", { type: "button", class: "plain", onclick: async () => { if (await confirmOrder(`v1/videos/${id}/${name}`, asked)) await again(); } }, asked.yes);
  if (status === "failed" || status === "rejected") return [button("retry", { title: "Give this video another chance?", text: "Its work is put into the queue again.", yes: "Retry" })];
  if (status === "ready" || status === "submitted") return [button("cancel", { title: "End this video’s work?", text: "What is made plays on; the rest is made for whoever watches it.", yes: "Cancel its work" })];
  return [];
}
