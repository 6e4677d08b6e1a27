/** Regions side by side, with their nodes: how busy each is, its state and why, and the buttons that drain. */
import { element } from "./element.js";
import { keyedList, setText } from "./keyed-list.js";
import { formatMs, formatShare, formatUptime, plural } from "./ops-format.js";
import { confirmOrder } from "./orders.js";

const WORDS = { active: "takes work", draining: "draining", drained: "drained", quarantined: "quarantined", silent: "silent", away: "away", unknown: "unknown" };
/** From so many nodes of a region on they are shown small. */
const MANY = 24;

export function openRegions(parent, mayOperate) {
  return keyedList(parent, ({ name }) => name, () => toRegion(mayOperate));
}

function toRegion(mayOperate) {
  const [name, summary, mark, nodes] = [element("h3", { class: "ellipsis" }), element("span", { class: "quiet small" }), element("span", { class: "chip", hidden: true }), element("ul", { class: "nodes" })];
  const showNodes = keyedList(nodes, ({ id }) => id, (node) => toNode(node.id, mayOperate));
  return {
    node: element("article", { class: "region panel" }, element("header", { class: "region-head" }, name, mark, summary), nodes),
    show(region) {
      setText(name, region.name === "" ? "Everywhere" : region.name);
      setText(summary, `${region.accepting} of ${plural(region.count, "node")} ${region.accepting === 1 ? "takes" : "take"} work${region.lagMs > 1_000 ? ` · copies ${formatMs(region.lagMs)} behind` : ""}`);
      mark.hidden = region.dark !== true;
      setText(mark, "dark");
      mark.dataset.state = "away";
      nodes.classList.toggle("many", region.count > MANY);
      showNodes(region.nodes);
    },
  };
}

function toNode(id, mayOperate) {
  const [state, facts, reason] = [element("span", { class: "chip" }), element("span", { class: "quiet small facts" }), element("span", { class: "small reason" })];
  const [play, background] = [element("i", { class: "play" }), element("i", { class: "background" })];
  const load = element("div", { class: "load", role: "img" }, play, background);
  let current;
  const drains = () => ["active", "unknown", "quarantined", "silent"].includes(current.state);
  const button = element("button", { type: "button", class: "plain tiny", onclick: () => (drains() ? drain(id, current) : undrain(id)) });
  return {
    node: element("li", { class: "node", "data-id": id }, element("div", { class: "node-head" }, element("b", { class: "ellipsis", title: id }, id), state), load, reason, element("div", { class: "node-foot" }, facts, ...(mayOperate ? [button] : []))),
    show(node) {
      current = node;
      this.node.dataset.state = node.state;
      state.dataset.state = node.state;
      setText(state, WORDS[node.state] ?? node.state);
      const use = loadOf(node);
      play.style.width = `${use.play * 100}%`;
      background.style.width = `${use.background * 100}%`;
      load.setAttribute("aria-label", use.words);
      load.hidden = node.state === "away";
      setText(facts, factsOf(node));
      setText(reason, reasonOf(node));
      reason.hidden = reason.textContent === "";
      button.hidden = node.state === "away";
      setText(button, drains() ? "Drain" : "Give it work");
      button.setAttribute("aria-label", `${drains() ? "Drain" : "Give work to"} ${id}`);
    },
  };
}

/** Of a node that transcodes its slots, else its part of the machine's processors. */
function loadOf({ slots, cpu }) {
  if (slots === undefined) return { play: cpu ?? 0, background: 0, words: cpu === undefined ? "load unknown" : `processor ${formatShare(cpu)}` };
  const play = Math.min(1, slots.play / slots.total);
  const background = Math.min(1 - play, slots.background / slots.total);
  return { play, background, words: `${slots.play} of ${slots.total} slots for viewers, ${slots.background} in the background` };
}

function factsOf({ state, slots, cpu, loop, uptimeSec, services }) {
  if (state === "away") return "The mesh does not hear of it.";
  const facts = [
    slots === undefined ? undefined : `viewers ${slots.play}/${slots.total} · ahead ${slots.background}/${slots.total}${slots.waiting > 0 ? ` · ${slots.waiting} wait` : ""}`,
    cpu === undefined ? undefined : `cpu ${formatShare(cpu)}`,
    loop === undefined ? undefined : `event loop ${formatShare(loop)}`,
    uptimeSec === undefined ? undefined : `up ${formatUptime(uptimeSec)}`,
    services.length > 8 ? undefined : services.filter((name) => name !== "node" && name !== "metrics").join(", "),
  ];
  return facts.filter((fact) => fact !== undefined && fact !== "").map((fact) => fact.replace(/(?<!,) /g, "\u00a0")).join(" · "); // a line breaks between facts
}

function reasonOf({ reasons, running = {}, state, ageMs }) {
  const rest = Object.entries(running).map(([kind, count]) => `${count} ${kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`).join(", ");
  return [...reasons, state === "draining" && rest !== "" ? `It still has ${rest}.` : undefined, ageMs > 20_000 ? `Last asked ${formatMs(ageMs)} ago.` : undefined].filter((part) => part !== undefined).join(" ");
}

async function drain(id, { slots, running = {} }) {
  const work = Object.values(running).reduce((sum, count) => sum + count, 0);
  await confirmOrder(`v1/nodes/${encodeURIComponent(id)}/drain`, {
    title: `Drain ${id}?`, yes: "Drain it",
    text: `It gets no new work, and finishes what it has${work > 0 ? ` (${plural(work, "thing")} under way)` : ""}.${slots === undefined ? "" : ` The mesh does without its ${plural(slots.total, "slot")} until you give it work again.`}`,
  });
}

async function undrain(id) {
  await confirmOrder(`v1/nodes/${encodeURIComponent(id)}/undrain`, { title: `Give ${id} work again?`, text: "It takes new work at once.", yes: "Give it work" });
}
