/** What waits, by lane and by tenant, with the buttons that pause a lane and let it go on. */
import { element } from "./element.js";
import { keyedList, setText } from "./keyed-list.js";
import { formatCount, formatMs } from "./ops-format.js";
import { openSpark } from "./ops-plots.js";
import { confirmOrder } from "./orders.js";

const LANES = {
  play: { name: "play", what: "viewers wait for it" },
  normal: { name: "normal", what: "made ahead of viewers" },
  bulk: { name: "bulk", what: "when nothing else is to do" },
};
const SERIES = { play: "waitPlay", normal: "waitNormal", bulk: "waitBulk" };

export function openQueues(parent, mayOperate) {
  let steps = [];
  const show = keyedList(parent, ({ region }) => region ?? "", () => toQueue(mayOperate, () => steps));
  return (queues, latest) => {
    steps = latest;
    show(queues);
  };
}

function toQueue(mayOperate, stepsNow) {
  const [title, lanes, tenants] = [element("h3", { class: "ellipsis" }), element("div", { class: "lanes" }), element("ul", { class: "tenants", "aria-label": "Tenants with work" })];
  const showLanes = keyedList(lanes, ({ name }) => name, ({ name }) => toLane(name, mayOperate, stepsNow));
  const showTenants = keyedList(tenants, ({ tenant }) => tenant, toTenant);
  return {
    node: element("div", { class: "queue-box" }, title, lanes, tenants),
    show(queue) {
      title.hidden = queue.region === undefined;
      setText(title, queue.region ?? "");
      showLanes(Object.entries(queue.lanes).map(([name, lane]) => ({ name, ...lane, own: queue.own, region: queue.region })));
      const most = Math.max(1, ...queue.tenants.map(({ cost }) => cost));
      const busy = queue.tenants.filter(({ waiting, running }) => waiting + running > 0);
      showTenants(busy.slice(0, 8).map((tenant) => ({ ...tenant, share: tenant.cost / most })));
      tenants.hidden = busy.length === 0;
    },
  };
}

function toLane(name, mayOperate, stepsNow) {
  const [wait, label, counts, chip] = [element("b", { class: "big" }), element("span", { class: "quiet small" }), element("span", { class: "small" }), element("span", { class: "chip", "data-state": "draining", hidden: true }, "paused")];
  const spark = openSpark(SERIES[name]);
  const elsewhere = element("p", { class: "quiet small elsewhere", hidden: true });
  let paused = false;
  const button = element("button", { type: "button", class: "plain tiny", onclick: () => setLane(name, paused) });
  return {
    node: element("article", { class: "lane panel", "data-lane": name },
      element("header", { class: "node-head" }, element("h4", {}, LANES[name]?.name ?? name), chip),
      element("p", { class: "quiet small" }, LANES[name]?.what ?? ""),
      element("p", { class: "wait-figure" }, wait, " ", label), counts, spark.node, ...(mayOperate ? [button, elsewhere] : [])),
    show(lane) {
      ({ paused } = lane);
      setText(wait, lane.oldestMs === undefined ? "0 s" : formatMs(lane.oldestMs));
      setText(label, lane.oldestMs === undefined ? "nothing waits" : "is the longest wait");
      setText(counts, `${formatCount(lane.waiting)} wait · ${formatCount(lane.active)} run · ${formatCount(lane.failed)} set aside`);
      this.node.dataset.slow = String(name === "play" && lane.oldestMs > 4_000);
      chip.hidden = !paused;
      button.hidden = !lane.own;
      elsewhere.hidden = lane.own;
      setText(elsewhere, `${paused ? "Resume" : "Pause"} it on this page of a gateway in ${lane.region}.`);
      setText(button, paused ? "Resume" : "Pause");
      button.setAttribute("aria-label", `${paused ? "Resume" : "Pause"} lane ${name}`);
      spark.node.hidden = lane.region !== undefined; // the curve is of the whole mesh
      if (lane.region === undefined) spark.show(stepsNow());
    },
  };
}

function toTenant({ tenant }) {
  const [bar, counts] = [element("progress", { value: 0, max: 1, "aria-label": `Work of ${tenant}` }), element("span", { class: "count quiet" })];
  return {
    node: element("li", {}, element("span", { class: "ellipsis", title: tenant }, tenant), bar, counts),
    show({ share, waiting, running }) {
      bar.value = share;
      setText(counts, `${formatCount(waiting)} wait · ${formatCount(running)} run`);
    },
  };
}

async function setLane(name, isPaused) {
  await confirmOrder(`v1/queue/${name}/${isPaused ? "resume" : "pause"}`, isPaused
    ? { title: `Let lane ${name} go on?`, text: "Its work is handed out again.", yes: "Resume it" }
    : { title: `Pause lane ${name}?`, text: `Nothing of it is handed out until you resume it; what runs goes on.${name === "play" ? " Viewers may wait for it." : ""}`, yes: "Pause it" });
}
