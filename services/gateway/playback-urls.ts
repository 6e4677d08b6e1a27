/** The absolute links of an answer. */
import type { IncomingMessage } from "node:http";
import type { VideoView } from "../videos/videos.contract.ts";

export interface Playback { hls: string; dash: string; page: string }
export type PlayableVideo = VideoView & { playback: Playback };

/** `publicUrl` when the operator set one, else the host that the client asked for, if it looks like one. */
export function baseUrl(req: IncomingMessage, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl;
  const host = req.headers.host ?? "";
  if (/^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.test(host)) return `http://${host}`;
  const { localAddress = "127.0.0.1", localPort = 80 } = req.socket;
  return `http://${localAddress.includes(":") ? `[${localAddress}]` : localAddress}:${localPort}`;
}

export function withPlayback(video: VideoView, base: string): PlayableVideo {
  return { ...video, playback: { hls: `${base}/play/${video.id}/master.m3u8`, dash: `${base}/play/${video.id}/manifest.mpd`, page: `${base}/watch/${video.id}` } };
}
