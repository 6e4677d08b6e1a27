/** The gateway's HTTP interface, as the pages use it. */

/** Where the gateway's paths begin: this file is one folder below. */
export const ROOT = new URL("../", import.meta.url);

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

export async function postVideo(request) {
  return await readAnswer(await reach("v1/videos", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request) }));
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

/**
 * Sends a file as the body; `onProgress` gets the share that has been sent. Only XMLHttpRequest tells that.
 * @returns {{ done: Promise<{ uploadId: string }>, cancel: () => void }}
 */
export function uploadFile(file, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", new URL("v1/uploads", ROOT));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total));
    request.addEventListener("load", () => (request.status === 201 ? resolve(JSON.parse(request.responseText)) : reject(toError(request.status, parse(request.responseText)))));
    request.addEventListener("error", () => reject(new ApiError("The upload was interrupted. Check the connection and try again.")));
    request.addEventListener("abort", () => reject(new ApiError("", { code: "cancelled" })));
    request.send(file);
  });
  return { done, cancel: () => request.abort() };
}

async function reach(path, init) {
  try {
    return await fetch(new URL(path, ROOT), init);
  } catch (error) {
    throw new ApiError("The server can’t be reached. Check the connection and try again.", { code: error.name });
  }
}

async function readAnswer(answer) {
  const text = await answer.text();
  if (!answer.ok) throw toError(answer.status, parse(text));
  return parse(text);
}

function toError(status, problem) {
  const { detail, title, code, reasons } = problem ?? {};
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
