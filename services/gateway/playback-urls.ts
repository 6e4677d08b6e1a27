/** The absolute links of an answer. */
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import type { Use } from "../../config/access/grants.ts";
import type { VideoView } from "../videos/videos.contract.ts";

/** `dash` is absent where there is none: under `aes-128`. */
export interface Playback { hls: string; dash?: string; page: string }
export type PlayableVideo = VideoView & { playback: Playback };

/** `publicUrl` when the operator set one, else the host that the client asked for, if it looks like one. */
export function baseUrl(req: IncomingMessage, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const host = req.headers.host ?? "";
  const scheme = req.socket instanceof TLSSocket ? "https" : "http";
  if (/^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.test(host)) return `${scheme}://${host}`;
  const { localAddress = "127.0.0.1", localPort = 80 } = req.socket;
  return `${scheme}://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** @param token of the link by which it was asked for */
export function withPlayback(video: VideoView, base: string, token?: string): PlayableVideo {
  const { hls, dash, page } = pathsOf(base, video.id, token);
  return { ...video, playback: { hls, ...(video.protection === "aes-128" ? {} : { dash }), page } };
}

/** Where a link leads: as much as it is for. */
export function linkedPlayback(base: string, videoId: string, token: string, uses: readonly Use[]): Partial<Record<keyof ReturnType<typeof pathsOf>, string>> {
  const { video, hls, dash, page, storyboard, frame, clip } = pathsOf(base, videoId, token);
  return { video, ...(uses.includes("play") ? { hls, dash, page } : {}), ...(uses.includes("images") ? { storyboard, frame } : {}), ...(uses.includes("clip") ? { clip } : {}) };
}

function pathsOf(base: string, videoId: string, token: string | undefined) {
  const id = token === undefined ? videoId : `~${token}/${videoId}`;
  return {
    video: `${base}/v1/videos/${id}`, hls: `${base}/play/${id}/master.m3u8`, dash: `${base}/play/${id}/manifest.mpd`, page: `${base}/watch/${id}`,
    storyboard: `${base}/play/${id}/storyboard.vtt`, frame: `${base}/v1/videos/${id}/frame`, clip: `${base}/v1/videos/${id}/clip`,
  };
}
