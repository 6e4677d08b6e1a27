/** Calls of Lectern's HTTP API, as a program that uses it makes them. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import type { VideoView } from "../../services/videos/videos.contract.ts";

export interface Problem { status: number; code: string; detail: string; requestId: string; reasons?: { class: string; message: string }[] }
export type Posted = VideoView & { playback: { hls: string; dash?: string; page: string } };

export function api(base: string) {
  async function read<T>(response: Response): Promise<T> {
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  return {
    postRaw: (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${base}/v1/videos`, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) }),
    async post(body: unknown, headers: Record<string, string> = {}): Promise<Posted> {
      return await read(await this.postRaw(body, headers));
    },
    async upload(path: string): Promise<{ uploadId: string; size: number; sha256: string }> {
      const { size } = await stat(path);
      const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
      return await read(await fetch(`${base}/v1/uploads`, { method: "POST", headers: { "Content-Length": String(size) }, body, duplex: "half" } as RequestInit));
    },
    get: async (id: string): Promise<VideoView> => await read(await fetch(`${base}/v1/videos/${id}`)),
    remove: (id: string): Promise<Response> => fetch(`${base}/v1/videos/${id}`, { method: "DELETE" }),
    playlist: async (id: string, rendition?: string): Promise<string> =>
      await (await fetch(`${base}/play/${id}/${rendition === undefined ? "master" : `${rendition}/media`}.m3u8`)).text(),
    segment: (id: string, rendition: string, segment: number | "init"): Promise<Response> =>
      fetch(`${base}/play/${id}/${rendition}/${segment === "init" ? "init.mp4" : `${segment}.m4s`}`),
    metrics: async (): Promise<string> => await (await fetch(`${base}/metrics`)).text(),
    /** Waits until the video's status is one of `statuses`. Rejects when it ends otherwise. */
    async until(id: string, ...statuses: VideoView["status"][]): Promise<VideoView> {
      for (;;) {
        const video = await this.get(id);
        if (statuses.includes(video.status)) return video;
        if (["rejected", "failed", "deleted", "complete"].includes(video.status)) throw new Error(`the video is ${video.status}: ${JSON.stringify(video.reasons)}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  };
}

export type Api = ReturnType<typeof api>;
