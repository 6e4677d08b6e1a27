/**
 * quality: looks at every segment before it is stored: at its boxes, whether it decodes, and whether it shows and sounds
 * like its source. It keeps nothing and decides nothing: who made a segment makes it anew, or refuses it. On every node
 * that makes segments.
 */
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, fail } from "../../config/errors.ts";
import { registerMetrics, type MetricWriter } from "../../config/metrics/register-metrics.ts";
import { findRendition } from "../../media/plan-video.ts";
import type { SegmentReport } from "../../media/quality/report.ts";
import type { VideoEventPayload } from "../videos/videos.contract.ts";
import { warmFfmpeg } from "../../mixins/ffmpeg.ts";
import { guestSettings, openGuest, type GuestSettings } from "../../mixins/guest.ts";
import { openTurns, type Turns } from "../../mixins/turns.ts";
import { checkAudio } from "./check-audio.ts";
import { checkVideo, type VideoCheck } from "./check-video.ts";
import { measureVmaf, proveVmaf } from "./measure-vmaf.ts";
import type { CheckParams, CheckResult } from "./quality.contract.ts";

interface Settings extends ServiceSettingSchema { slots: number; guest: GuestSettings }
interface State {
  metrics: MetricWriter<"quality">;
  turns: Turns;
  hasVmaf: boolean;
  /** Checks under way, by video: ended when the video is deleted or the node leaves. */
  running: Map<AbortController, { videoId: string; ended: Promise<unknown> }>;
}
interface Methods {
  look(params: CheckParams, signal: AbortSignal): Promise<SegmentReport[]>;
  measure(check: VideoCheck): Promise<{ vmaf?: number }>;
}

export function qualityService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "quality",
    settings,
    actions: {
      /** @throws overloaded when too many wait, and what ends a check before its end */
      check: {
        params: { videoId: "string", plan: "object", rendition: "string", first: { type: "number", integer: true, min: 0 } },
        async handler(ctx: Context<CheckParams>): Promise<CheckResult> {
          const startedAt = performance.now();
          const controller = new AbortController();
          const work = this.turns.run(() => this.look(ctx.params, controller.signal));
          this.running.set(controller, { videoId: ctx.params.videoId, ended: work });
          const reports = await work.finally(() => this.running.delete(controller));
          this.metrics.observe("lectern_quality_check_seconds", (performance.now() - startedAt) / 1000);
          for (const { findings: [worst] } of reports) this.metrics.count("lectern_quality_segments_total", { result: worst?.fault ?? "good" });
          return { reports };
        },
      },
    },
    events: {
      "video.deleted"(ctx: Context<VideoEventPayload>) {
        for (const [controller, { videoId }] of this.running) if (videoId === ctx.params.videoId) controller.abort();
      },
    },
    methods: {
      async look({ plan, rendition: name, first, init, segments, packets, url }: CheckParams, signal: AbortSignal): Promise<SegmentReport[]> {
        const rendition = findRendition(plan, name);
        if (rendition === undefined) throw fail("segment_not_found", "The video has no such rendition.");
        const common = { plan, first, init, segments, packets, url, signal };
        if (rendition.kind === "audio") return await checkAudio({ ...common, rendition });
        const check: VideoCheck = { ...common, rendition, threads: 1 };
        const reports = await checkVideo(check);
        const [report] = reports;
        if (this.hasVmaf && report?.findings.length === 0 && rendition.mode === "encode") Object.assign(report, await this.measure(check));
        return reports;
      },
      async measure(check: VideoCheck): Promise<{ vmaf?: number }> {
        try {
          const vmaf = await measureVmaf(check);
          return vmaf === undefined ? {} : { vmaf };
        } catch (error) {
          if (!check.signal.aborted) this.logger.warn(`VMAF of ${check.rendition.name}/${check.first} could not be measured: ${errorMessage(error)}`);
          return {};
        }
      },
    },
    created() {
      this.running = new Map();
      this.metrics = registerMetrics(this.broker, "quality");
    },
    async started() {
      const { filters } = await warmFfmpeg(await openGuest(this.settings.guest, this.logger));
      this.hasVmaf = await proveVmaf(filters, this.logger, new AbortController().signal);
      this.turns = openTurns(this.settings.slots);
    },
    async stopped() {
      const ended = [...this.running.values()].map((check) => check.ended);
      for (const controller of this.running.keys()) controller.abort();
      await Promise.allSettled(ended);
    },
  };
  return schema;
}

const config = loadConfig(process.env);
export default qualityService({ slots: config.slots, guest: guestSettings(config) });
