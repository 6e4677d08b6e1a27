/** The gateway's HTTP interface, as the pages use it. */

/** Where the gateway's paths begin: this file is one folder below. */
export const ROOT = new URL("../", import.meta.url);

const KEPT = "lectern-key";

/** The key that came with a link (`#key=…`) is kept for this browser, and taken out of the address. @returns whether there was one */
export function takeKey() {
  const [, given] = /^#key=([\w-]+)$/.exec(location.hash) ?? [];
  if (given === undefined) return false;
  localStorage.setItem(KEPT, given);
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** Headers by which the gateway knows whose requests are. */
export function authorization() {
  const key = globalThis.localStorage?.getItem(KEPT) ?? null;
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

export function hasKey() {
  return "Authorization" in authorization();
}

export function keepKey(key) {
  localStorage.setItem(KEPT, key);
}

/** What went wrong, in words to show; `reasons` when a video was refused. */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", reasons = [] } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.reasons = reasons;
  }
}

export async function getJson(path) {
  return await readAnswer(await reach(path));
}

export async function getText(path) {
  const answer = await reach(path, { headers: { Accept: "*/*" } });
  const text = await answer.text();
  if (!answer.ok) throw toError(answer.status, text);
  return text;
}

export async function postVideo(request) {
  return await readAnswer(await reach("v1/videos", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request) }));
}

/** A link to a private video, for whoever has it. */
export async function postLink(id, asked) {
  return await readAnswer(await reach(`v1/videos/${id}/links`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(asked) }));
}

export async function deleteVideo(id) {
  await readAnswer(await reach(`v1/videos/${id}`, { method: "DELETE" }));
}

/** A picture that only a key may see, as an address that an image takes. */
export async function getPicture(path) {
  const answer = await reach(path);
  if (!answer.ok) throw toError(answer.status, await answer.text());
  const blob = await answer.blob();
  return await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

export async function decideReview(id, decision) {
  await readAnswer(await reach(`v1/reviews/${id}/decision`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(decision) }));
}

/** An order without a body, as to drain a node. */
export async function postOrder(path) {
  return await readAnswer(await reach(path, { method: "POST" }));
}

/** The problem that a path answers now; undefined when it answers well. */
export async function findProblem(path) {
  try {
    await readAnswer(await reach(path, { headers: { Accept: "*/*" } }));
    return undefined;
  } catch (error) {
    return error;
  }
}

async function reach(path, init) {
  try {
    return await fetch(new URL(path, ROOT), { ...init, headers: { ...authorization(), ...init?.headers } });
  } catch (error) {
    throw new ApiError("The server can’t be reached. Check the connection and try again.", { code: error.name });
  }
}

async function readAnswer(answer) {
  const text = await answer.text();
  if (answer.status === 401) dispatchEvent(new Event("key-wanted"));
  if (!answer.ok) throw toError(answer.status, text);
  return parse(text);
}

/** What an answer that isn't a good one says, from its body. */
export function toError(status, text) {
  const { detail, title, code, reasons } = parse(text) ?? {};
  return new ApiError(detail ?? title ?? `The server answered ${status}.`, { status, code, reasons: Array.isArray(reasons) ? reasons : [] });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // a proxy's page, or a playlist
    throw error;
  }
}
