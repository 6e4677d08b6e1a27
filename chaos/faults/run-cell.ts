/** One cell: brings a video into the phase, strikes, watches, and has all looked at when it is over. */
import { setTimeout as delay } from "node:timers/promises";
import { findFfmpeg } from "../../test/support/ffmpeg-processes.ts";
import type { Random } from "../../test/support/simulation/random.ts";
import { segmentCount, videoRenditions } from "../../test/support/viewer.ts";
import type { Fault, Phase } from "./fault.ts";
import type { FaultyMesh } from "./faulty-mesh.ts";
import { enter } from "./phases.ts";
import { judge, type Verdict } from "./reader.ts";
import type { BucketReader, MediaDigests } from "./stored-media.ts";
import { openViewer, type Viewing } from "./viewer.ts";
import { within } from "./within.ts";

const COMPLETE_MS = 120_000;
const ACCEPTED_MS = 90_000;
const WATCH_EVERY_MS = 250;
/** The source comes within this, where it has to come slowly. */
const ARRIVAL_SEC = 8;

export interface Ready {
  mesh: FaultyMesh;
  bucket: BucketReader;
  nextSource(): Buffer;
  undisturbed: { id: string; media: MediaDigests };
}

export interface CellReport extends Verdict {
  fault: string;
  phase: Phase;
  /** What was seen of the phase and of the fault. */
  evidence: string[];
  /** From the fault, or where everybody depends on what fails, from its end: until a segment was stored, and until all were. */
  goesOnMs: number;
  completeMs: number;
  /** Of what was in the caches or the store, and of the video that was worked on. */
  stored: Viewing;
  fresh: Viewing;
}

export interface Cell { name: string; fault: Fault; phase: Phase }

/** @throws Error when phase or fault were not seen, or the work did not go on */
export async function runCell({ name, fault, phase }: Cell, ready: Ready, random: Random): Promise<CellReport> {
  const { mesh, bucket, undisturbed } = ready;
  const { origin } = mesh;
  const source = ready.nextSource();
  const path = `/${name.replaceAll(" ", "-")}-${phase}-${source.length}.mp4`;
  const isSlow = phase === "downloading" || fault.needsSlowSource === true;
  origin.put(path, source);
  origin.behave(path, isSlow ? { dripBytesPerSec: Math.ceil(source.length / ARRIVAL_SEC) } : {});
  origin.resetStats();

  let id = "";
  const wrong: string[] = [];
  const post = async (): Promise<void> => { id = await postUntilAccepted(mesh, path, wrong); };
  const watched = await segmentUrls(mesh, undisturbed.id);
  const storedViewer = openViewer(watched, fault.takesPosts === true ? 1_000 : WATCH_EVERY_MS);
  let freshViewer: Promise<ReturnType<typeof openViewer>> | undefined;
  let meanwhile: string | undefined;
  const entered = await enter(phase, mesh, random, post, isSlow, source.length);
  const seen = findFfmpeg();
  const lasts = fault.lasts(random);
  const struckAt = performance.now();
  const struck = await fault.strike({ mesh, random, victim: entered.victim, path });
  let endedAt = struckAt;
  let ended = false;
  const end = async (): Promise<void> => {
    if (ended) return;
    ended = true;
    await struck.end();
    endedAt = performance.now();
  };
  try {
    entered.leave();
    const posting = phase === "idle" ? post() : Promise.resolve();
    if (fault.takesPosts === true && phase !== "idle") {
      const other = `${path}-meanwhile.mp4`;
      origin.put(other, ready.nextSource());
      meanwhile = await postUntilAccepted(mesh, other, wrong);
    }
    freshViewer = posting.then(async () => openViewer(await segmentUrls(mesh, id), WATCH_EVERY_MS * 2));
    freshViewer.catch(() => undefined); // awaited below
    const evidence = [entered.evidence, await struck.seen()];
    if (lasts !== "survived") {
      await delay(Math.max(0, lasts - (performance.now() - struckAt)));
      await end();
    }
    await within(ACCEPTED_MS, "the video is accepted", () => id !== "");
    const from = lasts === "survived" ? struckAt : endedAt;
    const isStored = (atMs: number): boolean => atMs > from;
    const goesOn = await within(COMPLETE_MS, "a segment is stored", () => mesh.journal.media(id).find(({ atMs }) => isStored(atMs)) ?? undefined);
    await within(COMPLETE_MS, "the video is complete", () => isComplete(mesh, id));
    const completeMs = performance.now() - from;
    if (meanwhile !== undefined) await within(COMPLETE_MS, "what was posted meanwhile is complete", () => isComplete(mesh, meanwhile ?? ""));
    await end();
    await mesh.settle();
    const [stored, fresh] = [await storedViewer.stop(), await (await freshViewer).stop()];
    wrong.push(...viewingFaults(stored, fresh, fault));
    const verdict = await judge(mesh, bucket, id, seen, undisturbed.media);
    if (meanwhile !== undefined) wrong.push(...(await judge(mesh, bucket, meanwhile, seen, undisturbed.media)).wrong);
    return { ...verdict, wrong: [...wrong, ...verdict.wrong], fault: name, phase, evidence, goesOnMs: goesOn.atMs - from, completeMs, stored, fresh };
  } finally {
    await end();
    await Promise.all([storedViewer.stop(), freshViewer?.then((viewer) => viewer.stop()).catch(() => undefined)]);
  }
}

async function isComplete({ lectern }: FaultyMesh, id: string): Promise<boolean> {
  const video = await lectern.get(id).catch(() => undefined); // the gateway may be away
  if (video?.status === "failed" || video?.status === "rejected") throw new Error(`the video is ${video.status}: ${JSON.stringify(video.reasons)}`);
  return video?.status === "complete";
}

/** What was refused has to be refused clearly, and is asked again. */
async function postUntilAccepted({ lectern, origin }: FaultyMesh, path: string, wrong: string[]): Promise<string> {
  return await within(ACCEPTED_MS, "the post is accepted", async () => {
    const answer = await lectern.postRaw({ url: `${origin.url}${path}`, policy: "eager" }).catch(() => undefined);
    if (answer === undefined) return undefined; // the gateway is away
    const { id, code } = (await answer.json()) as { id?: string; code?: string };
    if (answer.ok) return id;
    if (answer.status < 500 || code === undefined || answer.headers.get("retry-after") === null) wrong.push(`a post was answered ${answer.status} ${code ?? "without a code"}, Retry-After ${answer.headers.get("retry-after")}`);
    await delay(250);
    return undefined;
  });
}

async function segmentUrls({ first, lectern }: FaultyMesh, id: string): Promise<string[]> {
  return await within(ACCEPTED_MS, "there are playlists", async () => {
    const names = await videoRenditions(lectern, id).catch(() => []);
    const rendition = names.at(-1);
    if (rendition === undefined) return undefined;
    const count = await segmentCount(lectern, id, rendition).catch(() => 0);
    return count > 0 && Array.from({ length: count }, (_, n) => `${first.httpUrl}/play/${id}/${rendition}/${n}.m4s`);
  });
}

function viewingFaults(stored: Viewing, fresh: Viewing, { cutsViewers }: Fault): string[] {
  const describe = ({ failures }: Viewing): string => [...failures].map(([what, times]) => `${times} × ${what}`).join(", ");
  const wrong: string[] = [];
  if (stored.requests === 0 || fresh.requests === 0) wrong.push(`viewers made ${stored.requests} and ${fresh.requests} requests`);
  if (stored.failed > 0 && cutsViewers !== true) wrong.push(`what was stored did not play: ${describe(stored)}`);
  const unclear = [...fresh.failures.keys()].filter((what) => what.startsWith("bare") || what === "no answer");
  if (unclear.length > 0) wrong.push(`viewers were not told why: ${describe(fresh)}`);
  return wrong;
}
