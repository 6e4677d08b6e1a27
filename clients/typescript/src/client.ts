/** What a learning product does with Lectern, as functions. Every answer's type is the OpenAPI document's. */
import { follow } from "./follow.ts";
import { openHttp, type Connection } from "./http.ts";
import { LecternError } from "./lectern-error.ts";
import type { Access, Link, LinkRequest, SubmitRequest, Upload, UsageAnswer, Video, VideoUsage } from "./schemas.ts";

export interface Page { videos: Video[]; next?: string }
/** Days as `2026-11-30`, both included. */
export interface Days { from?: string; to?: string }
export interface FrameOptions { width?: number; format?: "jpg" | "webp" | "png" | "avif" }

export type Lectern = ReturnType<typeof connect>;

/** @example const lectern = connect({ url: "https://video.example.org", key }); */
export function connect(connection: Connection) {
  const http = openHttp(connection);

  return {
    /** What the key that is shown may do. */
    access: (): Promise<Access> => http.json("/v1/access"),

    /**
     * A lecture, by its address or by what was uploaded. It plays at once, by the links in `playback`, while it is fetched and made.
     * `idempotencyKey`: the same key and request give the same video, so that it is safe to ask again.
     */
    submit(request: SubmitRequest, { idempotencyKey }: { idempotencyKey?: string } = {}): Promise<Video> {
      return http.json("/v1/videos", { method: "POST", body: request, headers: idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey } });
    },

    /** The bytes of a file, to be submitted by its `uploadId`. A large one goes by any tus client to `tusEndpoint`, which resumes it. */
    upload(bytes: Uint8Array | Blob | ReadableStream<Uint8Array>): Promise<Upload> {
      return http.json("/v1/uploads", { method: "POST", body: bytes, headers: { "Content-Type": "application/octet-stream" } });
    },
    tusEndpoint: `${http.base}/v1/uploads/tus`,

    video: (id: string): Promise<Video> => http.json(videoPath(id)),

    /** Newest first. */
    videos({ limit, cursor }: { limit?: number; cursor?: string } = {}): Promise<Page> {
      return http.json(`/v1/videos${query({ limit, cursor })}`);
    },

    /** All of them, page by page. */
    async *allVideos(): AsyncGenerator<Video> {
      let cursor: string | undefined;
      do {
        const page: Page = await http.json(`/v1/videos${query({ limit: 100, cursor })}`);
        yield* page.videos;
        cursor = page.next;
      } while (cursor !== undefined);
    },

    /** The video as it is now, and after each change, until it is over; connects again by itself. */
    follow: (id: string, signal?: AbortSignal): AsyncGenerator<Video> => follow(http, id, signal),

    /** Until it plays. @throws LecternError: `video_rejected` with the reasons, `video_failed`, `video_deleted` */
    async untilReady(id: string, signal?: AbortSignal): Promise<Video> {
      for await (const video of follow(http, id, signal)) {
        if (video.status === "ready" || video.status === "complete") return video;
        if (video.status !== "submitted") throw new LecternError(422, { code: `video_${video.status}`, detail: video.reasons?.map(({ message }) => message).join(" ") ?? `The video is ${video.status}.`, reasons: video.reasons ?? [] }, undefined);
      }
      throw new LecternError(410, { code: "video_deleted", detail: "The video is gone." }, undefined);
    },

    /** For good: media, source, words. */
    async remove(id: string): Promise<void> {
      await (await http.ask(videoPath(id), { method: "DELETE" })).arrayBuffer();
    },

    /** A link to a private video, for a time. */
    share: (id: string, request: LinkRequest = {}): Promise<Link> => http.json(`${videoPath(id)}/links`, { method: "POST", body: request }),
    async endLink(id: string, linkId: string): Promise<void> {
      await (await http.ask(`${videoPath(id)}/links/${encodeURIComponent(linkId)}`, { method: "DELETE" })).arrayBuffer();
    },

    /** How one video is watched. */
    usage: (id: string, days: Days = {}): Promise<VideoUsage> => http.json(`${videoPath(id)}/usage${query(days)}`),
    /** How the videos of a course, or all, are watched. */
    usages: (of: Days & { course?: string; limit?: number } = {}): Promise<UsageAnswer> => http.json(`/v1/usage${query(of)}`),

    /** Addresses for pages and players. `t`, `start` and `end` in seconds of the lecture, to the frame. */
    urls: {
      hls: (id: string): string => `${http.base}/play/${encodeURIComponent(id)}/master.m3u8`,
      dash: (id: string): string => `${http.base}/play/${encodeURIComponent(id)}/manifest.mpd`,
      page: (id: string): string => `${http.base}/watch/${encodeURIComponent(id)}`,
      frame: (id: string, t: number, options: FrameOptions = {}): string => `${http.base}${videoPath(id)}/frame${query({ t, ...options })}`,
      clip: (id: string, start: number, end: number): string => `${http.base}${videoPath(id)}/clip${query({ start, end })}`,
      storyboard: (id: string): string => `${http.base}/play/${encodeURIComponent(id)}/storyboard.vtt`,
    },
  };
}

function videoPath(id: string): string {
  return `/v1/videos/${encodeURIComponent(id)}`;
}

function query(values: object): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
