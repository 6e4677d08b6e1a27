/** Sends a file so that it goes on where it was: after a lost connection by itself, after a reload when it is chosen again. */
import { ApiError, authorization, ROOT, toError } from "./api.js";

/**
 * In ms. They begin anew whenever something has been sent: an upload is given up after four minutes without a byte. The
 * first leaves the server the time to keep what has just come, else that would be sent once more.
 */
const RETRY_DELAYS = [500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 30_000, 30_000, 60_000, 60_000];
/** What has been sent by then need not be watched before. */
const SLOW_MS = 2_000;
/** Answers that would be the same again; of the others with 4xx, 409 and 423 say that another request was faster. */
const isFinal = (status) => status === 507 || (status >= 400 && status < 500 && status !== 409 && status !== 423);

/**
 * `onProgress` gets the share that has been sent, `onSlow` the upload's id when it takes longer than a moment; `onInterrupted`
 * is called when it will be tried again.
 * @returns {{ done: Promise<{ uploadId: string }>, cancel: () => void }}
 */
export function uploadFile(file, { onProgress, onSlow, onInterrupted }) {
  const { promise: done, resolve, reject } = Promise.withResolvers();
  const idOf = () => new URL(upload.url).pathname.split("/").at(-1);
  let patience;
  const upload = new globalThis.tus.Upload(file, {
    endpoint: new URL("v1/uploads/tus", ROOT).href,
    headers: authorization(),
    metadata: { filename: file.name, filetype: file.type },
    retryDelays: RETRY_DELAYS,
    removeFingerprintOnSuccess: true,
    onAfterResponse(request, response) {
      // else the client would begin all over when it asks how far it was while the server is in trouble
      if (request.getMethod() === "HEAD" && response.getStatus() >= 500) throw toError(response.getStatus(), response.getBody());
    },
    onShouldRetry(error) {
      const again = !isFinal(error.originalResponse?.getStatus() ?? 0);
      if (again) onInterrupted();
      return again;
    },
    onProgress(sent, total) {
      onProgress(sent / total);
      patience ??= setTimeout(() => onSlow(idOf()), SLOW_MS);
    },
    onSuccess: () => resolve({ uploadId: idOf() }),
    onError: (error) => reject(toApiError(error)),
  });
  done.catch(() => undefined).finally(() => clearTimeout(patience));
  upload.findPreviousUploads().then((begun) => {
    const [last] = begun.toSorted((a, b) => Date.parse(b.creationTime) - Date.parse(a.creationTime));
    if (last !== undefined) upload.resumeFromPreviousUpload(last);
    upload.start();
  }).catch(reject);
  return {
    done,
    cancel() {
      upload.abort(true).catch(() => undefined); // what the server doesn't hear about expires there
      reject(new ApiError("", { code: "cancelled" }));
    },
  };
}

function toApiError({ originalResponse, causingError }) {
  if (causingError instanceof ApiError) return causingError;
  if (originalResponse) return toError(originalResponse.getStatus(), originalResponse.getBody());
  return new ApiError("The upload was interrupted. Check the connection and choose the file again: it goes on where it was.");
}
