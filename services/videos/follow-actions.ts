/** What those who follow a video are told, and what those who work on it have to say. */
import type { Context, ServiceBroker } from "moleculer";
import { announceToAll } from "../../mixins/announce.ts";
import { needRedis, withoutRedis } from "../../mixins/redis.ts";
import type { EventLog } from "./event-log.ts";
import type { QualityNotes } from "./quality-notes.ts";
import type { VideoLife } from "./video-life.ts";
import { historyOf } from "./video-state.ts";
import { MOMENTS, type EventsParams, type NoteMomentsParams, type NoteProgressParams, type NoteQualityParams, type VideoEvent, type VideoHistory, type VideoIdParams } from "./videos.contract.ts";

/** As much of the service as they need. */
interface Owner { broker: ServiceBroker; logger: ServiceBroker["logger"]; events: EventLog; life: VideoLife; quality: QualityNotes }

const id = { type: "string", pattern: "^[0-9a-z]{26}$" } as const;

export const followActions = {
  events: {
    params: { id, after: { type: "string", pattern: "^\\d{1,15}-\\d{1,10}$", optional: true } },
    async handler(this: Owner, ctx: Context<EventsParams>): Promise<{ events: VideoEvent[] }> {
      return { events: await needRedis(() => this.events.read(ctx.params.id, ctx.params.after)) };
    },
  },
  /** When the video reached which step. @throws video_not_found */
  history: {
    params: { id },
    async handler(this: Owner, ctx: Context<VideoIdParams>): Promise<VideoHistory> {
      const state = await this.life.getState(ctx.params.id);
      return historyOf(state, await withoutRedis(() => this.events.moments(state.record.id), {}, this.logger));
    },
  },
  noteMoments: {
    params: { id, moments: { type: "record", key: { type: "enum", values: [...MOMENTS] }, value: "number" } },
    async handler(this: Owner, ctx: Context<NoteMomentsParams>): Promise<void> {
      await withoutRedis(() => this.events.noteMoments(ctx.params.id, ctx.params.moments), undefined, this.logger);
    },
  },
  /** Tells those who follow the video how far it has come. */
  noteProgress: {
    async handler(this: Owner, ctx: Context<NoteProgressParams>): Promise<void> {
      const { id, progress } = ctx.params;
      await withoutRedis(() => this.events.append(id, "progress", { ...progress }), undefined, this.logger);
      announceToAll(this.broker, "video.changed", { videoId: id });
    },
  },
  /** Keeps what a check of its segments measured. */
  noteQuality: {
    params: { id },
    async handler(this: Owner, ctx: Context<NoteQualityParams>): Promise<void> {
      const { id, rendition, refused } = ctx.params;
      if ((await this.life.getState(id)).deleted) return;
      await this.quality.note(ctx.params);
      for (const { segment, findings: [worst] } of refused) {
        await withoutRedis(() => this.events.append(id, "refused", { rendition, segment, ...worst }), undefined, this.logger);
      }
      if (refused.length > 0) announceToAll(this.broker, "video.changed", { videoId: id });
    },
  },
} as const;
