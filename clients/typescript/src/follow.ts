/** A video as it changes, also across breaks of the connection. */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { LecternError } from "./lectern-error.ts";
import { pause, type Http } from "./http.ts";
import type { Video } from "./schemas.ts";

interface SentEvent { id?: string | undefined; event?: string | undefined; data: string }

/** After these nothing more comes. */
const LAST_EVENTS = ["complete", "rejected", "failed", "deleted"];
const AGAIN_MS = 1_000;

/** The video as it is now, and after each change, until it is over. @throws LecternError where it may not be followed */
export async function* follow(http: Http, id: string, signal?: AbortSignal): AsyncGenerator<Video> {
  let last: string | undefined;
  for (;;) {
    try {
      const headers = { Accept: "text/event-stream", ...(last === undefined ? {} : { "Last-Event-ID": last }) };
      const response = await http.ask(`/v1/videos/${id}/events`, { headers, ...(signal === undefined ? {} : { signal }) });
      if (response.status === 204 || response.body === null) return;
      for await (const { id: eventId, event, data } of readEvents(response.body)) {
        if (event === "video") yield JSON.parse(data) as Video;
        else if (LAST_EVENTS.includes(event ?? "")) return;
        last = eventId ?? last;
      }
    } catch (error) {
      if (error instanceof LecternError || signal?.aborted === true) throw error;
    }
    await pause(AGAIN_MS, signal);
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
