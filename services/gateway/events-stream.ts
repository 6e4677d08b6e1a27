/**
 * Server-sent events of videos. A stream opens with the video as it is and then tells its history, from the event that
 * the client saw last. It is woken when the video changes, and looks by itself now and then: events of the mesh may get lost.
 */
import type { ServerResponse } from "node:http";
import { fail, findErrorCode } from "../../config/errors.ts";
import { formatEvent, sendElsewhere, STREAM_HEADERS, STREAM_START } from "./server-sent-events.ts";
import { shareLooks, type Looks } from "./shared-looks.ts";
import type { VideoEvent, VideoStatus, VideoView } from "../videos/videos.contract.ts";

export interface EventStreamPorts extends Looks {
  /** Told of each answer that has become a stream. */
  onOpen?(res: ServerResponse): void;
  /** Told of failed looks; the next look may do better. */
  onFault(error: unknown): void;
}

export interface StreamClient {
  present(video: VideoView): object;
  /** Throws when this client may not see the video, or no longer. */
  admit(video: VideoView): Promise<void>;
}

export interface EventStreams {
  /** @throws overloaded; and what `view` and `admit` throw, before anything is sent */
  open(res: ServerResponse, videoId: string, after: string | undefined, client: StreamClient): Promise<void>;
  wake(videoId: string): void;
  /** Ends those that there are; their clients go on at another node, or here again. */
  moveAll(): void;
  /** The same for good: who still comes is told the video as it is, and to go on elsewhere. */
  close(): void;
}

interface Stream {
  readonly res: ServerResponse;
  readonly videoId: string;
  readonly client: StreamClient;
  after: string | undefined;
  /** A look is under way; `again`: something changed since it began. */
  busy: boolean;
  again: boolean;
  /** It is to end as soon as it has begun. */
  moving: boolean;
}

const MAX_STREAMS = 2_000;
const LOOK_EVERY_MS = 5_000;
const PING_EVERY_TICKS = 3;
/** A client that lets so much pile up is cut off; it resumes from its last event. */
const MAX_PENDING_BYTES = 1024 * 1024;
const FINAL_STATUSES: readonly VideoStatus[] = ["complete", "rejected", "failed", "deleted"];
/** There is no such video, for this client; or it was vouched for long ago, and is to come again. */
const GONE = ["video_not_found", "unauthorized"];

export function openEventStreams(ports: EventStreamPorts, maxStreams = MAX_STREAMS): EventStreams {
  const byVideo = new Map<string, Set<Stream>>();
  const looks = shareLooks(ports);
  let count = 0;
  let ticks = 0;
  let closed = false;

  /** The history may be lost while the video itself is there. */
  const readEventsIfAny = (id: string, after: string | undefined): Promise<VideoEvent[]> => looks.events(id, after).catch((error: unknown) => {
    ports.onFault(error);
    return [];
  });

  /** The video as it is now, when its history has an end that `video` does not show: it came since, or the video was opened once more. */
  const recheck = async (id: string, video: VideoView, events: readonly VideoEvent[]): Promise<VideoView> => (!isFinal(video) && events.some(isLast) ? await ports.view(id) : video);

  function add(stream: Stream): void {
    count++;
    byVideo.set(stream.videoId, (byVideo.get(stream.videoId) ?? new Set()).add(stream));
    stream.res.once("close", () => drop(stream));
  }

  function drop(stream: Stream): void {
    const streams = byVideo.get(stream.videoId);
    if (streams?.delete(stream) !== true) return;
    count--;
    if (streams.size === 0) byVideo.delete(stream.videoId);
  }

  function end(stream: Stream): void {
    drop(stream);
    stream.res.end();
  }

  function move(stream: Stream): void {
    stream.moving = true;
    if (!stream.res.headersSent) return; // see `open`
    drop(stream);
    sendElsewhere(stream.res);
  }

  const moveAll = (): void => [...byVideo.values()].flatMap((streams) => [...streams]).forEach(move);

  function send(stream: Stream, text: string): void {
    if (stream.res.destroyed || stream.res.writableEnded) return;
    stream.res.write(text);
    if (stream.res.writableLength > MAX_PENDING_BYTES) stream.res.destroy();
  }

  /** Sends what is new, the video's present state before it. An end that the video was opened after is left out: clients go by it. */
  function tell(stream: Stream, video: VideoView, events: readonly VideoEvent[]): void {
    const told = events.filter((event, index) => !isLast(event) || (isFinal(video) && !events.slice(index).some(({ type }) => type === "reopened")));
    send(stream, [formatEvent("video", stream.client.present(video)), ...told.map((event) => formatEvent(event.type, event.data, event.id))].join(""));
    stream.after = events.at(-1)?.id ?? stream.after;
    if (told.some(isLast) || (events.length === 0 && isFinal(video))) end(stream);
  }

  async function look(stream: Stream): Promise<void> {
    if (stream.busy) {
      stream.again = true;
      return;
    }
    stream.busy = true;
    try {
      do {
        stream.again = false;
        const events = await looks.events(stream.videoId, stream.after);
        if (events.length > 0) {
          const video = await recheck(stream.videoId, await looks.view(stream.videoId), events);
          await stream.client.admit(video);
          tell(stream, video, events);
          stream.again = true; // there may be a next page
        }
      } while (stream.again && !stream.res.writableEnded && !stream.res.destroyed);
    } catch (error) {
      if (GONE.some((code) => findErrorCode(error) === code)) end(stream);
      else ports.onFault(error);
    } finally {
      stream.busy = false;
    }
  }

  const timer = setInterval(() => {
    ticks++;
    for (const stream of [...byVideo.values()].flatMap((streams) => [...streams])) {
      if (ticks % PING_EVERY_TICKS === 0 && stream.res.headersSent) send(stream, ": ping\n\n");
      void look(stream);
    }
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    async open(res, videoId, after, client) {
      if (count >= maxStreams) throw fail("overloaded", "Too many clients follow videos here.");
      if (res.destroyed) return;
      const stream: Stream = { res, videoId, client, after, busy: true, again: false, moving: closed };
      add(stream);
      try {
        const [found, events] = await Promise.all([looks.view(videoId), readEventsIfAny(videoId, after)]);
        const video = await recheck(videoId, found, events);
        await client.admit(video);
        if (res.destroyed) return;
        if (after !== undefined && events.length === 0 && isFinal(video)) {
          drop(stream);
          res.writeHead(204).end(); // tells an EventSource not to come back: all has been said
          return;
        }
        res.writeHead(200, STREAM_HEADERS);
        ports.onOpen?.(res);
        send(stream, STREAM_START);
        tell(stream, video, events);
        if (stream.moving) return move(stream);
        if (events.length > 0) stream.again = true;
      } catch (error) {
        drop(stream);
        throw error;
      }
      stream.busy = false;
      if (stream.again && !res.writableEnded) await look(stream);
    },
    wake(videoId) {
      looks.changed();
      for (const stream of byVideo.get(videoId) ?? []) void look(stream);
    },
    moveAll,
    close() {
      closed = true;
      clearInterval(timer);
      moveAll();
    },
  };
}

function isLast({ type }: VideoEvent): boolean {
  return FINAL_STATUSES.some((status) => status === type);
}

function isFinal(video: VideoView): boolean {
  return FINAL_STATUSES.includes(video.status);
}
