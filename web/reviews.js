/** The page of reviews: videos that wait for a person, what was found of them, and that person's word. */
import { ApiError, decideReview, getJson, keepKey, takeKey } from "./api.js";
import { element } from "./element.js";
import { reviewCase } from "./review-case.js";

const find = (selector) => document.querySelector(selector);
const [fault, keyForm, none, desk, queue, more, open] = ["#fault", "#key", "#none", "#desk", "#queue", "#more", "#case"].map(find);
let mayDecide = false;
let next;

takeKey();
addEventListener("key-wanted", () => { keyForm.hidden = false; });
keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(find("#key-text").value.trim());
  location.reload();
});
more.addEventListener("click", () => attempt(load));
queue.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const items = entries();
  items[items.indexOf(document.activeElement) + step]?.focus();
});
addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = { p: "#pass", b: "#block", n: "#note" }[event.key.toLowerCase()];
  const button = wanted === undefined ? null : find(wanted);
  if (button === null) return;
  event.preventDefault(); // the letter is not for the note
  button.focus();
});

await attempt(async () => {
  mayDecide = (await getJson("v1/access")).permissions.includes("videos.review");
  await load();
});

function entries() {
  return [...queue.querySelectorAll("button")];
}

async function load() {
  const page = await getJson(`v1/reviews?limit=50${next === undefined ? "" : `&cursor=${encodeURIComponent(next)}`}`);
  next = page.next;
  queue.append(...page.reviews.map(toEntry));
  more.hidden = next === undefined || page.reviews.length < 50;
  showWhatThereIs();
  if (queue.querySelector("[aria-current]") === null) entries()[0]?.click();
}

function showWhatThereIs() {
  const count = entries().length;
  none.hidden = count > 0;
  desk.hidden = count === 0;
  document.title = count > 0 ? `(${count}) Reviews – Lectern` : "Reviews – Lectern";
}

function toEntry({ id, title, verdict, tenant, reasons }) {
  const button = element("button", { type: "button", "data-id": id, onclick: () => attempt(() => show(id, button)) },
    element("span", { class: "name ellipsis" }, title ?? id),
    element("span", { class: "quiet ellipsis" }, `${tenant} · ${reasons.map(({ code }) => code.replaceAll("_", " ")).join(", ")}`),
    element("span", { class: "chip", "data-verdict": verdict }, verdict));
  return element("li", {}, button);
}

async function show(id, button) {
  for (const other of entries()) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  const review = await getJson(`v1/reviews/${id}`);
  if (button.getAttribute("aria-current") === null) return; // another was chosen meanwhile
  open.replaceChildren(...reviewCase(review, mayDecide ? (decision) => attempt(() => decide(button, id, decision)) : undefined));
}

async function decide(button, id, decision) {
  for (const control of open.querySelectorAll("button")) control.disabled = true;
  try {
    await decideReview(id, decision);
  } catch (error) {
    for (const control of open.querySelectorAll("button")) control.disabled = false;
    if (error.code !== "conflict") throw error; // somebody was first: it is off the list all the same
  }
  const items = entries();
  const following = items[items.indexOf(button) + 1] ?? items[items.indexOf(button) - 1];
  button.parentElement.remove();
  showWhatThereIs();
  open.replaceChildren();
  following?.focus();
  following?.click();
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
