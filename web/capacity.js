/** The page of capacity: what each region was asked for, what is expected of it, and what more users would need. */
import { ApiError, getJson, keepKey, takeKey } from "./api.js";
import { drawCurve } from "./capacity-curve.js";
import { element } from "./element.js";

const find = (selector) => document.querySelector(selector);
const [fault, keyForm, regions, whatIf, factor, times, plan] = ["#fault", "#key", "#regions", "#what-if", "#factor", "#times", "#plan"].map(find);
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
factor.addEventListener("input", () => {
  times.textContent = timesOf(factor.value);
  clearTimeout(settling);
  settling = setTimeout(() => attempt(showPlan), SETTLE_MS);
});
times.textContent = timesOf(factor.value);

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
    element("p", { class: "legend" }, ...[["past", "was used"], ["middle", "expected"], ["band", "nine times of ten within"], ["room", "room of the transcoders for it"]].map(([name, text]) => element("span", { class: `of-${name}` }, text))));
}

async function showPlan() {
  const asked = times.textContent;
  const { regions: plans } = await getJson(`v1/capacity/plan?factor=${asked}`);
  if (asked !== times.textContent) return; // another was chosen meanwhile
  const cell = (value) => element("td", {}, String(value));
  plan.replaceChildren(element("table", {},
    element("thead", {}, element("tr", {}, ...["Transcoders at the busiest", "today", "more users and videos", "more users, same videos"].map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...plans.map(({ region, busiest, grown, sameVideos }) => element("tr", { "data-region": region }, element("th", { scope: "row" }, region), ...[busiest, grown, sameVideos].map(({ transcoders }) => cell(transcoders)))))));
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
