/**
 * errors: what fails on any node of the region, the same things as one group, which an operator resolves or mutes. It hears of
 * failures and keeps them in Redis; it decides nothing about the work that failed. Any number may run.
 */
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { noteFailure } from "../../config/failures/note-failure.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { announce } from "../../mixins/announce.ts";
import { systemClock } from "../../mixins/clock.ts";
import { closeRedis, needRedis, openRedis } from "../../mixins/redis.ts";
import type { SegmentRefused } from "../transcoder/transcoder.contract.ts";
import type { VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { openAlertmanager, type Alertmanager } from "./alertmanager.ts";
import { openErrorGroups, type ErrorGroups } from "./error-groups.ts";
import { CURSOR, ERROR_STATES, ERROR_STEPS, GROUP_ID, LIST_LIMIT, SEVERITIES, type ErrorIdParams, type ErrorNews, type ErrorStep, type ErrorStepName, type ErrorView, type FailureBatch, type ListErrorsParams, type ListErrorsResult } from "./errors.contract.ts";

export type ErrorsSettings = Pick<Config, "redisUrl" | "namespace" | "region"> & Partial<Pick<Config, "alertmanagerUrls" | "publicUrl">>;
interface Settings extends ServiceSettingSchema { namespace: string; region: string }
interface State { redis: Redis; groups: ErrorGroups; alertmanager: Alertmanager | undefined }
interface Methods { change(ctx: Context<ErrorIdParams>, step: ErrorStepName): Promise<ErrorStep> }

const id = { type: "string", pattern: new RegExp(GROUP_ID) };
const name = { type: "string", pattern: /^[\w$.-]{1,100}$/, optional: true };
const text = (max: number) => ({ type: "string", max });
const count = { type: "number", integer: true, min: 0 };
const group = {
  type: "object", strict: true, props: {
    id, code: { type: "string", pattern: /^[a-z_]{1,40}$/ }, severity: { type: "enum", values: [...SEVERITIES] }, service: text(100), action: text(200), count: { ...count, min: 1 }, firstMs: count, lastMs: count,
    minutes: { type: "array", max: 200, items: { type: "array", length: 2, items: count } }, videos: { type: "array", max: 50, items: text(26) },
    message: text(1_000), stack: { type: "array", max: 20, items: text(1_000) }, requestId: { ...text(64), optional: true },
  },
};

export function errorsService({ redisUrl, namespace, region, alertmanagerUrls = [], publicUrl }: ErrorsSettings, open = openRedis) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "errors",
    settings: { namespace, region },
    actions: {
      /** A node's own words; the same batch again counts once. @throws queue_unavailable */
      tell: {
        params: { batch: text(100), node: text(300), region: text(100), version: text(100), groups: { type: "array", max: 100, items: group } },
        async handler(ctx: Context<FailureBatch>): Promise<void> {
          for (const { id: about, news } of await needRedis(() => this.groups.record(ctx.params))) {
            const view = await needRedis(() => this.groups.find(about));
            if (view !== undefined) announce(this.broker, `error.${news}`, newsOf(view, region));
            this.alertmanager?.look();
          }
        },
      },
      /** @throws bad_request, queue_unavailable */
      list: {
        params: {
          state: { type: "enum", values: [...ERROR_STATES], optional: true }, code: name, service: name, video: { type: "string", pattern: /^[0-9a-z]{26}$/, optional: true },
          limit: { type: "number", integer: true, min: 1, max: LIST_LIMIT.most, optional: true, convert: true }, cursor: { type: "string", pattern: new RegExp(CURSOR), optional: true },
        },
        async handler(ctx: Context<ListErrorsParams>): Promise<ListErrorsResult> {
          return { region, ...(await needRedis(() => this.groups.list(ctx.params, ctx.params.limit ?? LIST_LIMIT.usual))) };
        },
      },
      /** @throws error_not_found, queue_unavailable */
      get: {
        params: { id },
        async handler(ctx: Context<ErrorIdParams>): Promise<ErrorView> {
          const view = await needRedis(() => this.groups.find(ctx.params.id));
          if (view === undefined) throw fail("error_not_found", "There is no such group of errors.");
          return view;
        },
      },
      /** It is over; seen again, it is news. @throws error_not_found, queue_unavailable, as the next two */
      resolve: { params: { id }, handler(ctx: Context<ErrorIdParams>): Promise<ErrorStep> { return this.change(ctx, "resolve"); } },
      mute: { params: { id }, handler(ctx: Context<ErrorIdParams>): Promise<ErrorStep> { return this.change(ctx, "mute"); } },
      reopen: { params: { id }, handler(ctx: Context<ErrorIdParams>): Promise<ErrorStep> { return this.change(ctx, "reopen"); } },
    },
    events: {
      async "video.failed"(ctx: Context<VideoEventPayload>) {
        const { videoId } = ctx.params;
        const state = await this.broker.call<VideoState | null, VideoIdParams>("videos.state", { id: videoId });
        const [reason] = state?.outcome?.complete === false ? state.outcome.reasons : [];
        if (reason !== undefined) noteFailure(this.broker, reason.message, { action: `videos.${reason.class}`, code: "video_failed", video: videoId });
      },
      "segment.refused"(ctx: Context<SegmentRefused>) {
        const { videoId, rendition, fault } = ctx.params;
        noteFailure(this.broker, `A segment of the rendition ${rendition} was never good: ${fault}.`, { action: `quality.${fault}`, code: "segment_refused", video: videoId });
      },
    },
    methods: {
      async change(ctx: Context<ErrorIdParams>, step: ErrorStepName): Promise<ErrorStep> {
        const state = ERROR_STEPS[step];
        if (!(await needRedis(() => this.groups.change(ctx.params.id, state)))) throw fail("error_not_found", "There is no such group of errors.");
        this.alertmanager?.look();
        return { id: ctx.params.id, state };
      },
    },
    async started() {
      this.redis = await open(redisUrl, this.logger);
      this.groups = openErrorGroups(this.redis, redisKeys(namespace));
      this.alertmanager = alertmanagerUrls.length === 0 ? undefined : openAlertmanager({ urls: alertmanagerUrls, region, base: publicUrl, groups: () => this.groups.all(), clock: systemClock, logger: this.logger });
    },
    async stopped() {
      await this.alertmanager?.close();
      closeRedis(this.redis);
    },
  };
  return schema;
}

function newsOf({ id: about, state, severity, code, service, action, message, count: total, firstSeen, lastSeen, nodes }: ErrorView, region: string): ErrorNews {
  return { id: about, state, severity, code, service, action, message, count: total, firstSeen, lastSeen, region, nodes };
}

export default errorsService(loadConfig(process.env));
