/** The page of capacity: what each region was asked for, what is expected of it, and what more users would need. */
import { ApiError, getJson, keepKey, takeKey } from "./api.js";
import { drawCurve } from "./capacity-curve.js";
import { drawNeeds } from "./capacity-needs.js";
import { drawTraffic } from "./capacity-traffic.js";
import { element } from "./element.js";

const find = (selector) => document.querySelector(selector);
const [fault, keyForm, regions, whatIf, plan] = ["#fault", "#key", "#regions", "#what-if", "#plan"].map(find);
const sliders = [["#factor", "#times"], ["#videos", "#video-times"]].map((pair) => pair.map(find));
const AGAIN_MS = 60_000;
const SETTLE_MS = 200;
let settling;

takeKey();
addEventListener("key-wanted", () => { keyForm.hidden = false; });
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("#key-text").value.trim());
  location.reload();
});
for (const [slider, times] of sliders) {
  times.textContent = timesOf(slider.value);
  slider.addEventListener("input", () => {
    times.textContent = timesOf(slider.value);
    clearTimeout(settling);
    settling = setTimeout(() => attempt(showPlan), SETTLE_MS);
  });
}

await attempt(show);
setInterval(() => { if (!document.hidden) attempt(show); }, AGAIN_MS);

/** From 1 to 100, by tens in logarithm. */
function timesOf(position) {
  const value = 10 ** (Number(position) / 20);
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

async function show() {
  const { regions: outlooks, missing } = await getJson("v1/capacity");
  regions.replaceChildren(...outlooks.map(describe), ...missing.map((name) => element("p", { class: "quiet" }, `${name} does not answer.`)));
  if (outlooks.length + missing.length === 0) regions.replaceChildren(element("p", { class: "quiet" }, "No node of the mesh runs capacity."));
  whatIf.hidden = outlooks.length === 0;
  if (outlooks.length > 0) await showPlan();
}

function describe(outlook) {
  const { region, desired, now, why, basis } = outlook;
  const slotsEach = now.transcoders > 0 ? now.slots / now.transcoders : 1;
  return element("section", { class: "panel region", "data-region": region },
    element("h2", {}, `${region}: ${desired} ${desired === 1 ? "transcoder" : "transcoders"}`),
    element("p", {}, why),
    element("p", { class: "quiet" }, `${now.transcoders} take work now; their encodes for viewers use ${now.play.toFixed(1)} of ${now.slots} slots.${basis === "weeks" ? "" : " There is no history of two weeks yet, so what is expected is rough."}`),
    drawCurve(outlook, slotsEach),
    element("p", { class: "legend" }, ...[["past", "was used"], ["middle", "expected"], ["band", "nine times of ten within"], ["room", "room of the transcoders for it"]].map(([name, text]) => element("span", { class: `of-${name}` }, text))),
    drawTraffic(outlook));
}

async function showPlan() {
  const chosen = () => sliders.map(([, times]) => times.textContent).join(" ");
  const asked = chosen();
  const [users, videos] = asked.split(" ");
  const { regions: plans } = await getJson(`v1/capacity/plan?factor=${users}&videos=${videos}`);
  if (asked !== chosen()) return; // another was chosen meanwhile
  const open = new Set([...plan.querySelectorAll("details[open]")].map((details) => details.closest("section").dataset.region));
  plan.replaceChildren(...plans.map(drawNeeds));
  for (const section of plan.querySelectorAll("section")) if (open.has(section.dataset.region)) section.querySelector("details")?.setAttribute("open", "");
}

/** Does it, or says why it can't be done. */
async function attempt(work) {
  fault.hidden = true;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    fault.textContent = error.status === 401 ? "This needs the key of an operator, an auditor or an admin." : error.message;
    fault.hidden = false;
  }
}
