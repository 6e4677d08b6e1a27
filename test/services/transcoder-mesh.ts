/** A transcoder with the real checks over a store and sources in memory. A test decides what the checks say. */
import type { Context, ServiceBroker } from "moleculer";
import { readReply } from "../../mixins/byte-reply.ts";
import type { Finding } from "../../media/quality/report.ts";
import type { CheckResult } from "../../services/quality/quality.contract.ts";
import { qualityService } from "../../services/quality/quality.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import type { ChunkParams, ChunkResult, MakeParams } from "../../services/transcoder/transcoder.contract.ts";
import { transcoderService } from "../../services/transcoder/transcoder.service.ts";
import type { NoteQualityParams, VideoState } from "../../services/videos/videos.contract.ts";
import { addBufferSource, sourceAt, type BufferSource } from "../support/buffer-source.ts";
import { TEST_GUEST } from "../support/guest.ts";
import { watchEvents, type History, type SeenEvent } from "../support/history.ts";
import { memoryStore } from "../support/memory-store.ts";
import { REMUX_SETTINGS, type PlannedFile } from "../support/plan-file.ts";
import { quietBroker } from "../support/quiet-broker.ts";
import { freshNamespace, sharedRedis } from "../support/servers.ts";
import { accepted } from "../support/staged-plan.ts";

export const LECTURE = "01arz3ndektsv4rrffq69g5fav";
export const FILM = "01arz3ndektsv4rrffq69g5faw";

export interface TranscoderMesh {
  broker: ServiceBroker;
  store: ReturnType<typeof memoryStore>;
  source: BufferSource;
  states: Map<string, VideoState>;
  events: History<SeenEvent>;
  /** What was written down of checks. */
  noted: string[];
  beforeCheck(): void;
  /** What checks are made to say instead of the truth. */
  findings(segment: number): Finding[] | undefined;
  make(videoId: string, rendition: string, segment: MakeParams["segment"]): Promise<Buffer>;
  chunk(params: Partial<ChunkParams>): Promise<ChunkResult>;
  storedSegment(rendition: string, segment: number): Promise<SeenEvent>;
  /** How often each kind of segment has been made so far. */
  runs(mode: "encode" | "repackage"): number;
  /** Makes every source read wait from now on; FFmpeg then runs for as long as the test likes. */
  holdSource(): { reached: Promise<void>; release(): void };
}

export const keyOf = (id: string, rendition: string, name: string): string => `videos/${id}/media/${rendition}/${name}`;

/** @param files by the ids of their videos */
export async function transcoderMesh(files: ReadonlyMap<string, PlannedFile>): Promise<TranscoderMesh> {
  const broker = quietBroker({ requestTimeout: 120_000 });
  const store = memoryStore();
  const source = addBufferSource(broker);
  const mesh: TranscoderMesh = {
    broker, store, source, states: new Map(), events: watchEvents(broker, "segment.*"), noted: [],
    beforeCheck: () => undefined,
    findings: () => undefined,
    make: async (videoId, rendition, segment) => await readReply(await broker.call("transcoder.make", { videoId, rendition, segment })),
    chunk: (params) => broker.call("transcoder.chunk", { videoId: LECTURE, renditions: ["240p"], first: 0, last: 0, lane: "normal", ...params }),
    storedSegment: (rendition, segment) => mesh.events.until(({ payload }) => payload["rendition"] === rendition && payload["segment"] === segment),
    runs(mode) {
      const family = broker.metrics.list({ includes: "lectern_segment_make_seconds" })[0] as { values: { labels: { mode: string }; count: number }[] } | undefined;
      return family?.values.find(({ labels }) => labels.mode === mode)?.count ?? 0;
    },
    holdSource() {
      const reached = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      source.gate = async () => {
        reached.resolve();
        await held.promise;
      };
      return { reached: reached.promise, release: held.resolve };
    },
  };
  for (const [id, { bytes, facts, plan }] of files) {
    source.files.set(id, bytes);
    const record = { id, createdAt: "2026-01-01T00:00:00.000Z", source: sourceAt(id), policy: "eager" as const, priority: "normal" as const, labels: {}, identity: id, claim: "c", request: "r" };
    mesh.states.set(id, { record, verdict: accepted(facts), plan, deleted: false });
  }
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService({ name: "videos", actions: { state: (ctx: Context<{ id: string }>) => mesh.states.get(ctx.params.id) ?? null, noteQuality: (ctx: Context<NoteQualityParams>) => noteQuality(mesh, ctx.params) } });
  const overrule = (_: Context, { reports }: CheckResult): CheckResult => ({ reports: reports.map((report) => ({ ...report, findings: mesh.findings(report.segment) ?? report.findings })) });
  broker.createService({ ...qualityService({ slots: 2, guest: TEST_GUEST }), hooks: { before: { check: () => mesh.beforeCheck() }, after: { check: overrule } } });
  broker.createService(transcoderService({ redisUrl: (await sharedRedis()).url, namespace: freshNamespace(), slots: 2, encoders: { kind: "software", codecs: ["h264"] }, tenants: { maxRunning: 100 }, ...REMUX_SETTINGS }));
  await broker.start();
  return mesh;
}

/** As `videos` keeps it: a refusal is an object in the store. */
async function noteQuality({ store, noted }: TranscoderMesh, { id, rendition, reports, refused }: NoteQualityParams): Promise<void> {
  for (const { segment } of refused) await store.put(`videos/${id}/refused/${rendition}/${segment}.json`, Buffer.from("[]"));
  noted.push(...[...reports, ...refused].map(({ segment, retries = 0, findings: [worst] }) => `${rendition}/${segment} ${worst?.fault ?? "good"} after ${retries}`));
}
