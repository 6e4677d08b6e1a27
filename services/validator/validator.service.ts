/**
 * validator: looks at a posted source and says whether it is a video that can be played, from the container's index
 * alone, or from ffprobe where there is none. It writes no state: `videos` does. Any number may run.
 */
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig } from "../../config/config.ts";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { findLack, type Lack } from "../../mixins/arrival.ts";
import { closeDemuxer, openDemuxer, type Demuxer, type ReadSource } from "../../mixins/demuxer/demuxer.ts";
import { fitnessOf, quarantineUnfit, unfitError } from "../../mixins/ffmpeg-fitness.ts";
import { openGuest } from "../../mixins/guest.ts";
import { openRemuxes, remuxSettings, type Remuxes, type RemuxSettings } from "../../mixins/remux.ts";
import { openSourceDoor, type SourceDoor } from "../../mixins/source-door.ts";
import { rememberFailure, sourceKey, sourceReader } from "../../mixins/source-reader.ts";
import type { SourceFacts, SourceForgotten, SourceParams, SourceRef } from "../source/source.contract.ts";
import type { ReasonClass, Verdict, VerdictParams, VideoEventPayload, VideoIdParams, VideoState } from "../videos/videos.contract.ts";
import { REASON_CLASSES } from "../videos/videos.contract.ts";
import { lookAt, type Look, type Looked, type LookPorts } from "./look.ts";
import { openPendingLooks, type PendingLooks } from "./pending-looks.ts";

interface Settings extends ServiceSettingSchema, RemuxSettings { maxDurationSec: number; maxRemuxBytes: number }
interface State { unfollow: () => void; demuxer: Demuxer; door: SourceDoor; remuxes: Remuxes | undefined; ports: LookPorts; pending: PendingLooks }
interface Methods { examine(id: string, source: SourceRef): Promise<Verdict | undefined> }

/** A slow origin, then ffprobe: longer than any call that a viewer waits for. */
const VALIDATE_MS = 60_000;
const LOOKS_AT_ONCE = 8;

export function validatorService(settings: Settings) {
  const schema: ServiceSchema<Settings, Methods, State> = {
    name: "validator",
    settings,
    dependencies: ["source", "videos"],
    actions: {
      /**
       * Examines a video that has no verdict yet, and hands the verdict to `videos`. Twice does no harm. One whose source has
       * not come far enough stays without; it is looked at again when more is there.
       */
      validate: {
        params: { id: "string" },
        // A flood of posts is looked at in turn; what does not fit the queue, a reconciler brings again.
        bulkhead: { enabled: true, concurrency: LOOKS_AT_ONCE, maxQueueSize: 1_000 },
        async handler(ctx: Context<VideoIdParams>): Promise<void> {
          const { id } = ctx.params;
          const state = await ctx.call<VideoState | null, VideoIdParams>("videos.state", { id });
          if (state === null || state.deleted || state.verdict !== undefined) return;
          const verdict = await this.examine(id, state.record.source);
          if (verdict !== undefined) await ctx.call<void, VerdictParams>("videos.settle", { id, verdict });
        },
      },
    },
    events: {
      "source.forgotten"(ctx: Context<SourceForgotten>) {
        this.remuxes?.forget(ctx.params.name); // undefined: not started yet
      },
      "video.submitted": {
        async handler(ctx: Context<VideoEventPayload>) {
          await ctx.call("validator.validate", { id: ctx.params.videoId }, { timeout: VALIDATE_MS, retries: 1 });
        },
      },
    },
    methods: {
      /** Undefined where more of the source has to be there first; then it is looked at again. */
      async examine(id: string, source: SourceRef): Promise<Verdict | undefined> {
        try {
          const { size, version, arrived } = await this.broker.call<SourceFacts, SourceParams>("source.open", { source });
          const look = await lookThrough(sourceReader(this.broker, source, version), { key: sourceKey(source, version), size, whole: arrived === undefined }, this.ports);
          if ("needed" in look) {
            this.pending.add(id, { source, version }, { ...look, size });
            return undefined;
          }
          // A verdict is for good: one that is this node's fault is none.
          if (!look.accepted && (await fitnessOf(this.ports.guest).examine()) !== undefined) throw unfitError();
          const at = new Date().toISOString();
          return look.accepted ? { accepted: true, at, facts: look.facts, sourceVersion: version } : { accepted: false, at, reasons: look.reasons };
        } catch (error) {
          return rejectFor(error);
        }
      },
    },
    async started() {
      this.demuxer = openDemuxer();
      this.door = await openSourceDoor(this.logger);
      this.remuxes = await openRemuxes(this.settings, this.logger);
      const { guest, maxRemuxBytes, maxDurationSec } = this.settings;
      const limits = { ...guest.inputLimits, maxDurationSec };
      this.pending = openPendingLooks(this.broker, VALIDATE_MS);
      this.ports = { demuxer: this.demuxer, door: this.door, remuxes: this.remuxes, guest: await openGuest(guest, this.logger), maxRemuxBytes, limits, logger: this.logger };
      this.unfollow = quarantineUnfit(this.broker, this.ports.guest);
    },
    async stopped() {
      this.unfollow?.();
      this.pending?.close();
      await this.remuxes?.close();
      await this.door?.close();
      await closeDemuxer();
    },
  };
  return schema;
}

/**
 * What was seen, or what was lacking. A file that could not be read to its end looks damaged, and is not; one that was not
 * whole may be more than it seems.
 * @throws what a read threw
 */
async function lookThrough(reader: ReadSource, source: Looked, ports: LookPorts): Promise<Look | Lack> {
  const { read, failure } = rememberFailure(reader);
  try {
    const look = await lookAt(source, read, ports);
    if (failure() === undefined || (look.accepted && source.whole)) return look;
    throw failure();
  } catch (error) {
    const cause = failure() ?? error;
    const lack = findLack(cause);
    if (lack === undefined) throw cause;
    return lack;
  }
}

/** What the source's own failure says about the video. A fault of the mesh is none: the video is looked at again later. */
function rejectFor(error: unknown): Verdict {
  const code = findErrorCode(error);
  const reasonClass = REASON_CLASSES.find((name): name is ReasonClass => name === code);
  if (reasonClass === undefined) throw error;
  return { accepted: false, at: new Date().toISOString(), reasons: [{ class: reasonClass, message: errorMessage(error) }] };
}

const config = loadConfig(process.env);
export default validatorService({ maxDurationSec: config.durationMaxSec, maxRemuxBytes: config.remuxMaxBytes, ...remuxSettings(config) });
