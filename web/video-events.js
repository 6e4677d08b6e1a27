/** Follows a video: calls back with it now and whenever it changes, until nothing more will. */
import { getJson, ROOT } from "./api.js";

const LAST_EVENTS = ["complete", "rejected", "failed", "deleted"];

/** @returns {{ again: () => void, close: () => void }} `again`: by the link that is good now */
export function followVideo(paths, onVideo, onError) {
  let source;
  let over = false;

  function open() {
    source?.close();
    if (over) return;
    const opened = new EventSource(new URL(`${paths.state()}/events`, ROOT));
    source = opened;
    opened.addEventListener("video", ({ data }) => onVideo(JSON.parse(data)));
    for (const type of LAST_EVENTS) opened.addEventListener(type, close);
    opened.addEventListener("error", () => {
      if (opened.readyState !== EventSource.CLOSED || opened !== source) return; // it comes back by itself
      getJson(paths.state()).then(onVideo, onError);
    });
  }

  function close() {
    over = true;
    source.close();
  }

  open();
  return { again: open, close };
}
