/** Pure: what is told of a video and of an error. A message has the same id whenever it is made, so that a repetition can be known. */
import { tenantOf } from "../../config/tenants.ts";
import type { ErrorNews } from "../errors/errors.contract.ts";
import type { VideoHistory, VideoView } from "../videos/videos.contract.ts";
import type { EventType, Message } from "./webhooks.contract.ts";

export interface VideoMessage extends Message { type: EventType; tenant: string }

/** What has happened to a video so far, as far as its state tells. @param now ISO 8601: of what its state has no time of */
export function videoMessages(view: VideoView, history: VideoHistory | undefined, now: string): VideoMessage[] {
  const { id, status, screening } = view;
  const [judged, ended, tenant] = [history?.judgedAt, history?.endedAt, tenantOf(view)];
  const make = (type: EventType, at: string | undefined, again?: string): VideoMessage => ({
    id: `msg_${id}_${type.split(".")[1]}${again === undefined ? "" : `_${Date.parse(again).toString(36)}`}`, type, tenant, timestamp: at ?? now, data: dataOf(view, type),
  });
  if (status === "deleted") return [make("video.deleted", undefined)];
  return [
    ...(view.renditions !== undefined ? [make("video.ready", judged)] : []),
    ...(status === "rejected" ? [make("video.rejected", judged, judged)] : []),
    ...(status === "complete" ? [make("video.complete", ended, ended)] : []),
    ...(status === "failed" ? [make("video.failed", ended, ended)] : []),
    ...(screening?.verdict === "block" ? [make("video.blocked", screening.at)] : []),
  ];
}

/** Nothing by which a private video could be watched, and no words of its poster's: they would outlive the video here and there. */
function dataOf({ id, status, durationSec, reasons, tenant, region }: VideoView, type: EventType): Record<string, unknown> {
  if (type === "video.deleted") return { id, status, ...(tenant === undefined ? {} : { tenant }) };
  return {
    id, status, ...(durationSec === undefined ? {} : { durationSec }), ...(tenant === undefined ? {} : { tenant }), ...(region === undefined ? {} : { region }),
    ...(reasons === undefined ? {} : { reasons: reasons.slice(0, 10).map((reason) => ({ class: reason.class, message: reason.message })) }),
  };
}

export function errorMessageOf(type: "error.opened" | "error.regressed", news: ErrorNews): Message {
  return { id: `msg_${news.id}_${type.split(".")[1]}_${Date.parse(news.lastSeen).toString(36)}`, type, timestamp: news.lastSeen, data: { ...news } };
}
