/** Follows a video: calls back with it now and whenever it changes, until nothing more will. */
import { getJson, ROOT } from "./api.js";

const LAST_EVENTS = ["complete", "rejected", "failed", "deleted"];

/** @returns a function that stops following */
export function followVideo(id, onVideo, onError) {
  const source = new EventSource(new URL(`v1/videos/${id}/events`, ROOT));
  source.addEventListener("video", ({ data }) => onVideo(JSON.parse(data)));
  for (const type of LAST_EVENTS) source.addEventListener(type, () => source.close());
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
    getJson(`v1/videos/${id}`).then(onVideo, onError);
  });
  return () => source.close();
}
