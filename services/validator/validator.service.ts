/**
 * validator: looks at a posted source and says whether it is a video that can be played, from the container's index
 * alone, or from ffprobe where there is none. It writes no state: `videos` does. Any number may run.
 */
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import type { Facts } from "../../media/facts.ts";
import { sniff } from "../../media/sniff.ts";
import { closeDemuxer, openDemuxer, type Demuxer, type ReadSource } from "../../mixins/demuxer/demuxer.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../mixins/source-reader.ts";
import type { SourceFacts, SourceParams, SourceRef } from "../source/source.contract.ts";
import type { Reason, ReasonClass, Verdict, VerdictParams, VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { REASON_CLASSES } from "../videos/videos.contract.ts";
import { findBoxLayout } from "./box-layout.ts";
import { ENCRYPTED, judgeFacts, judgeHead, judgeTracks, tooLarge, unreadable, unsupportedCodec } from "./judge.ts";
import { probe } from "./probe.ts";

interface Settings extends ServiceSettingSchema { maxDurationSec: number; ffprobePath: string }
interface State { demuxer: Demuxer; door: SourceDoor }
interface Methods {
  examine(source: SourceRef): Promise<Verdict>;
  inspect(source: SourceRef, opened: SourceFacts, read: ReadSource): Promise<Verdict>;
  probe(opened: SourceFacts, container: string, read: ReadSource): Promise<Verdict>;
}

/** A slow origin, then ffprobe: longer than any call that a viewer waits for. */
const VALIDATE_MS = 60_000;
const LOOKS_AT_ONCE = 8;
const HEAD_BYTES = 64 * 1024;

export function validatorService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "validator",
    settings,
    dependencies: ["source", "videos"],
    actions: {
      /** Examines a video that has no verdict yet, and hands the verdict to `videos`. Twice does no harm. */
      validate: {
        params: { id: "string" },
        // A flood of posts is looked at in turn; what does not fit the queue, a reconciler brings again.
        bulkhead: { enabled: true, concurrency: LOOKS_AT_ONCE, maxQueueSize: 1_000 },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const { id } = ctx.params;
          const state = await ctx.call<VideoState | null, VideoIdParams>("videos.state", { id });
          if (state === null || state.deleted || state.verdict !== undefined) return;
          const verdict = await this.examine(state.record.source);
          await ctx.call<void, VerdictParams>("videos.settle", { id, verdict });
        },
      },
    },
    events: {
      "video.submitted": {
        async handler(ctx: Context<VideoEventPayload>) {
          await ctx.call("validator.validate", { id: ctx.params.videoId }, { timeout: VALIDATE_MS, retries: 0 });
        },
      },
    },
    methods: {
      async examine(source: SourceRef): Promise<Verdict> {
        try {
          const opened = await this.broker.call<SourceFacts, SourceParams>("source.open", { source });
          const { read, failure } = rememberFailure(sourceReader(this.broker, source, opened.version));
          const verdict = await this.inspect(source, opened, read);
          // A file that could not be read to its end looks damaged, and is not.
          if (!verdict.accepted && failure() !== undefined) throw failure();
          return verdict;
        } catch (error) {
          return rejectFor(error);
        }
      },
      async inspect(source: SourceRef, opened: SourceFacts, read: ReadSource): Promise<Verdict> {
        if (opened.size === 0) return reject([{ class: "empty", message: "The source has no bytes." }]);
        const head = await read(0, Math.min(HEAD_BYTES, opened.size));
        const sniffed = sniff(head);
        const ruledOut = judgeHead(head, sniffed);
        if (ruledOut !== undefined) return reject([ruledOut]);
        const container = sniffed.kind === "media" ? sniffed.container : "";
        if (container !== "mp4" && container !== "matroska") return await this.probe(opened, container, read);
        const inspection = await this.demuxer.inspect({ key: sourceKey(source, opened.version), size: opened.size }, read);
        switch (inspection.outcome) {
          case "facts": return decide([...judgeTracks(inspection.tracks), ...judgeFacts(inspection.facts, this.settings)], inspection.facts, opened.version);
          case "encrypted": return reject([ENCRYPTED]);
          case "no_index":
          case "unreadable": return await this.probe(opened, container, read);
          default: return inspection satisfies never;
        }
      },
      async probe(opened: SourceFacts, container: string, read: ReadSource): Promise<Verdict> {
        const layout = container === "mp4" ? await findBoxLayout(read, opened.size) : undefined;
        if (layout !== undefined && layout !== "whole") return reject([unreadable(container, layout)]);
        const door = this.door.open({ size: opened.size, read });
        try {
          const result = await probe(door.url, opened.size, this.settings.ffprobePath);
          switch (result.outcome) {
            case "facts": return decide(judgeFacts(result.facts, this.settings), result.facts, opened.version);
            case "no_video": return reject([{ class: "no_video_stream", message: "The source has no video, only sound or a cover picture." }]);
            case "encrypted": return reject([ENCRYPTED]);
            case "unsupported_codec": return reject([unsupportedCodec(result.codec)]);
            case "too_large": return reject([tooLarge(result.width, result.height)]);
            case "unreadable": return reject([unreadable(container, layout)]);
            default: return result satisfies never;
          }
        } finally {
          door.close();
        }
      },
    },
    async started() {
      this.demuxer = openDemuxer();
      this.door = await openSourceDoor(this.logger);
    },
    async stopped() {
      await this.door?.close();
      await closeDemuxer();
    },
  };
  return schema;
}

function decide(reasons: Reason[], facts: Facts, sourceVersion: string): Verdict {
  return reasons.length > 0 ? reject(reasons) : { accepted: true, at: new Date().toISOString(), facts, sourceVersion };
}

function reject(reasons: Reason[]): Verdict {
  return { accepted: false, at: new Date().toISOString(), reasons };
}

/** What the source's own failure says about the video. A fault of the mesh is none: the video is looked at again later. */
function rejectFor(error: unknown): Verdict {
  const code = findErrorCode(error);
  const reasonClass = REASON_CLASSES.find((name): name is ReasonClass => name === code);
  if (reasonClass === undefined) throw error;
  return reject([{ class: reasonClass, message: errorMessage(error) }]);
}

const config = loadConfig(process.env);
export default validatorService({ maxDurationSec: config.durationMaxSec, ffprobePath: config.ffprobePath });
