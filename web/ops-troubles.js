/** What went wrong: errors that were counted, and work that was set aside. Asked for now and then, apart from the stream. */
import { ApiError, getJson } from "./api.js";
import { element } from "./element.js";
import { keyedList, setText } from "./keyed-list.js";
import { formatMs, plural } from "./ops-format.js";
import { videoLink } from "./ops-why.js";
import { giveOrder } from "./orders.js";

const SHOWN = 12;
const find = (selector) => document.querySelector(selector);

/** Errors and work that was set aside are kept by each region for itself: says whose they are, where there are several. */
export function showWhere(queues) {
  const region = queues.find(({ own }) => own)?.region;
  for (const node of document.querySelectorAll(".troubles .where")) setText(node, region === undefined ? "" : `of ${region} only`);
}

/** @param onFault called with what can't be done, in words */
export function openDead(mayRetry, onFault) {
  const [list, none, count] = ["#dead", "#no-dead", "#dead-count"].map(find);
  const show = keyedList(list, ({ videoId }) => videoId, ({ videoId }) => toDead(videoId, mayRetry, onFault));
  return async () => {
    const { total, jobs } = await getJson("v1/queue/dead");
    const videos = Map.groupBy(jobs, ({ group }) => group);
    show([...videos].slice(0, SHOWN).map(([videoId, all]) => ({ videoId, jobs: all })));
    none.hidden = total > 0;
    setText(count, total === 0 ? "" : plural(total, "chunk"));
  };
}

function toDead(videoId, mayRetry, onFault) {
  const [what, why] = [element("span", { class: "quiet small" }), element("span", { class: "small reason" })];
  const button = element("button", { type: "button", class: "plain tiny", "aria-label": `Retry ${videoId}`, onclick: () => giveOrder(button, `v1/videos/${videoId}/retry`, onFault) }, "Retry");
  return {
    node: element("li", { class: "trouble" }, element("span", { class: "what" }, videoLink(videoId), what, why), ...(mayRetry ? [button] : [])),
    show({ jobs }) {
      const [{ data, tenant, message, attempts }] = jobs;
      setText(what, `${plural(jobs.length, "chunk")} · ${data.renditions.join(", ")} · ${tenant} · ${plural(attempts, "attempt")}`);
      setText(why, message ?? "");
    },
  };
}

/** What fails, in groups: those that are open, the latest first. A group's videos are asked for when it is opened. */
export function openErrors(mayOperate, onFault) {
  const [list, none] = ["#errors", "#no-errors"].map(find);
  const show = keyedList(list, ({ id }) => id, ({ id }) => toGroup(id, mayOperate, onFault));
  return async () => {
    const { errors } = await getJson("v1/errors?limit=50");
    const open = errors.filter(({ state }) => state === "open" || state === "regressed");
    show(open.slice(0, SHOWN));
    none.hidden = open.length > 0;
  };
}

function toGroup(id, mayOperate, onFault) {
  const [title, facts, state, sample] = [element("b", {}), element("span", { class: "quiet small" }), element("span", { class: "chip", "data-state": "bad", hidden: true }), element("div", { class: "small sample" })];
  const details = element("details", { ontoggle: () => { if (details.open) look(); } }, element("summary", { class: "small" }, "Videos and nodes"), sample);
  const button = element("button", { type: "button", class: "plain tiny", onclick: async () => { if (await giveOrder(button, `v1/errors/${id}/resolve`, onFault)) button.textContent = "Resolved"; } }, "Resolve");
  const look = async () => {
    try {
      const { videos, nodes } = await getJson(`v1/errors/${id}`);
      sample.replaceChildren(...(nodes.length === 0 ? [] : [element("p", {}, `On ${nodes.slice(0, 6).join(", ")}.`)]), ...videos.slice(0, 5).map((video) => element("p", {}, videoLink(video))));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sample.textContent = error.message;
    }
  };
  return {
    node: element("li", { class: "trouble" }, element("span", { class: "what" }, title, facts, details), state, ...(mayOperate ? [button] : [])),
    show(group) {
      setText(title, group.message);
      setText(facts, `${group.code.replaceAll("_", " ")} in ${group.service} · ${plural(group.lastHour, "time")} this hour · last ${formatMs(Math.max(0, Date.now() - Date.parse(group.lastSeen)))} ago`);
      state.hidden = group.state !== "regressed";
      setText(state, "again");
      button.setAttribute("aria-label", `Resolve: ${group.message}`);
    },
  };
}
