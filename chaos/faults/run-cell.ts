/** One cell: brings a video into the phase, strikes, watches, and has all looked at when it is over. */
import { setTimeout as delay } from "node:timers/promises";
import { findFfmpeg } from "../../test/support/ffmpeg-processes.ts";
import type { Random } from "../../test/support/simulation/random.ts";
import type { Fault, Phase, Struck } from "./fault.ts";
import type { FaultyMesh } from "./faulty-mesh.ts";
import { areOver, leasesOf } from "./held-work.ts";
import { enter } from "./phases.ts";
import { isComplete, postUntilAccepted, segmentUrls } from "./posts.ts";
import { judge, type Verdict } from "./reader.ts";
import type { BucketReader, MediaDigests } from "./stored-media.ts";
import { openViewer, type Viewer, type Viewing } from "./viewer.ts";
import { within } from "./within.ts";

/** From the fault, its own time not counted. */
const LIMIT_MS = 120_000;
const ASK_EVERY_MS = 250;
const WATCH_EVERY_MS = 500;
/** Where a fault lasts long: a request a second is enough. */
const WATCH_LONG_EVERY_MS = 1_000;
/** The source comes within this, where it has to come slowly. */
const ARRIVAL_SEC = 8;

export interface Cell { name: string; fault: Fault; phase: Phase }

/** What the cells share. */
export interface Ready {
  mesh: FaultyMesh;
  bucket: BucketReader;
  nextSource(): Buffer;
  undisturbed: { id: string; media: MediaDigests };
}

/** Of what was stored before, and of the video that was worked on. */
export interface Viewings { stored: Viewing; fresh: Viewing }

export interface CellReport extends Verdict, Viewings {
  fault: string;
  phase: Phase;
  /** What was seen of the phase and of the fault. */
  evidence: string[];
  /** From the fault, or where all depend on what fails, from its end: until a segment was stored and the work of a lost node was others', and until all was stored. */
  goesOnMs: number;
  completeMs: number;
}

/** @throws Error when phase or fault were not seen, or the work did not go on */
export async function runCell({ name, fault, phase }: Cell, ready: Ready, random: Random): Promise<CellReport> {
  const { mesh, bucket, undisturbed } = ready;
  const wrong: string[] = [];
  const { path, size } = offerSource(ready, `${name.replaceAll(" ", "-")}-${phase}`, phase === "downloading" || fault.needsSlowSource === true);
  const posted = Promise.withResolvers<string>();
  const post = async (): Promise<void> => posted.resolve(await postUntilAccepted(mesh, path, wrong));
  const watched = await segmentUrls(mesh, undisturbed.id);
  for (const url of watched) await (await fetch(url)).arrayBuffer(); // it is in a cache now
  const storedViewer = openViewer(watched, fault.takesPosts === true ? WATCH_LONG_EVERY_MS : WATCH_EVERY_MS);
  let freshViewer: Promise<Viewer> | undefined;
  let struck: Struck | undefined;
  try {
    const { victim, evidence, leave } = await enter(phase, mesh, random, post, fault.needsSlowSource === true, size);
    const seen = findFfmpeg();
    const held = fault.losesNode === true ? await leasesOf(mesh.redis, mesh.namespace, victim.id) : [];
    const lasts = fault.lasts(random);
    const struckAt = performance.now();
    struck = await fault.strike({ mesh, random, victim, path });
    leave();
    if (phase === "idle") post().catch(posted.reject);
    freshViewer = posted.promise.then(async (id) => openViewer(await segmentUrls(mesh, id), WATCH_EVERY_MS));
    const limitMs = LIMIT_MS + (lasts === "survived" ? 0 : lasts);
    const handingOver = within(limitMs, "others have the node's work", async () => (held.length === 0 ? struckAt : (await areOver(mesh.redis, mesh.namespace, held)) && performance.now()));
    const completing = posted.promise.then((id) => within(limitMs, "the video is complete", async () => (await isComplete(mesh, id)) && performance.now(), ASK_EVERY_MS));
    for (const awaitedLater of [freshViewer, handingOver, completing]) awaitedLater.catch(() => undefined);
    const other = fault.takesPosts === true && phase !== "idle" ? await postUntilAccepted(mesh, offerSource(ready, `${name}-meanwhile`.replaceAll(" ", "-"), false).path, wrong) : undefined;

    const happened = await struck.seen();
    if (lasts !== "survived") {
      await delay(Math.max(0, lasts - (performance.now() - struckAt)));
      await endOnce(struck);
    }
    const from = fault.isSurvived === true || lasts === 0 ? struckAt : performance.now();
    const id = await posted.promise;
    const completeAt = await completing;
    const goesOnAt = mesh.journal.media(id).find(({ atMs }) => atMs > from)?.atMs ?? from;
    if (other !== undefined) await within(LIMIT_MS, "what was posted meanwhile is complete", () => isComplete(mesh, other), ASK_EVERY_MS);
    const handedOverAt = await handingOver;
    await endOnce(struck);
    await mesh.settle();

    const viewings: Viewings = { stored: await storedViewer.stop(), fresh: await (await freshViewer).stop() };
    const verdict = await judge(mesh, bucket, id, seen, undisturbed.media);
    if (other !== undefined) wrong.push(...(await judge(mesh, bucket, other, seen, undisturbed.media)).wrong);
    return {
      fault: name, phase, evidence: [evidence, happened], ...viewings, ...verdict, wrong: [...wrong, ...findViewingFaults(viewings, fault), ...verdict.wrong],
      goesOnMs: Math.max(goesOnAt, handedOverAt, from) - from, completeMs: Math.max(0, completeAt - from),
    };
  } finally {
    if (struck !== undefined) await endOnce(struck);
    await Promise.all([storedViewer.stop(), freshViewer?.then((viewer) => viewer.stop(), () => undefined)]);
  }
}

const ended = new WeakSet<Struck>();

async function endOnce(struck: Struck): Promise<void> {
  if (ended.has(struck)) return;
  ended.add(struck);
  await struck.end();
}

/** A file of its own at the origin, which has answered nothing yet. */
function offerSource({ mesh: { origin }, nextSource }: Ready, name: string, isSlow: boolean): { path: string; size: number } {
  const source = nextSource();
  const path = `/${name}-${source.length}.mp4`;
  origin.put(path, source);
  origin.behave(path, isSlow ? { dripBytesPerSec: Math.ceil(source.length / ARRIVAL_SEC) } : {});
  origin.resetStats();
  return { path, size: source.length };
}

/** What is stored has to play, whatever happens; of what is not, a viewer has to be told why it does not. */
function findViewingFaults({ stored, fresh }: Viewings, { cutsViewers }: Fault): string[] {
  const describe = ({ failures }: Viewing): string => [...failures].map(([what, times]) => `${times} × ${what}`).join(", ");
  const wrong: string[] = [];
  if (stored.requests === 0 || fresh.requests === 0) wrong.push(`viewers made ${stored.requests} and ${fresh.requests} requests`);
  if (stored.failed > 0 && cutsViewers !== true) wrong.push(`what was stored did not play: ${describe(stored)}`);
  const unclear = [...fresh.failures.keys()].filter((what) => what.startsWith("bare") || what === "no answer");
  if (unclear.length > 0) wrong.push(`viewers were not told why: ${describe(fresh)}`);
  return wrong;
}
