/** Somebody who posts lectures, watches, cancels, tries again and deletes them, and remembers what was answered. */
import { recordSubmission } from "../../../services/videos/submission.ts";
import type { SimulatedProcess } from "./process.ts";
import type { SchedulerNode } from "./scheduler-process.ts";
import type { World } from "./world.ts";

/** What the mesh promised of a video, by its answers. */
export interface Promised {
  accepted: boolean;
  deleteAsked: boolean;
  deleted: boolean;
  cancelAsked: boolean;
  /** How often it was opened once more, or may have been: whoever asked may have got no answer. */
  retries: number;
  /** That it was is certain. */
  reopened: boolean;
}

export interface Client {
  promised: Map<string, Promised>;
  /** Requests that are under way, and what was put off. */
  busy(): number;
}

const TIMEOUT_MS = 15_000;
const WATCH_SEGMENTS = 10;

export function openClient(world: World, nodes: ReadonlyMap<SimulatedProcess, SchedulerNode>, { postsUntilMs, untilMs }: { postsUntilMs: number; untilMs: number }): Client {
  const { loop, random, journal } = world;
  const promised = new Map<string, Promised>();
  let busy = 0;
  const of = (id: string): Promised => {
    const known = promised.get(id) ?? { accepted: false, deleteAsked: false, deleted: false, cancelAsked: false, retries: 0, reopened: false };
    promised.set(id, known);
    return known;
  };

  /** Asks some node that is up. Resolves with what it answers; rejects when it fails, dies, or takes too long. */
  function ask<T>(what: string, work: (node: SchedulerNode, nowMs: number) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const up = [...nodes.keys()].filter((process) => process.life() !== undefined);
    busy++;
    promise.then(() => journal.write("client", `${what}: done`), (error: unknown) => journal.write("client", `${what}: ${String(error)}`)).finally(() => { busy--; });
    loop.in(TIMEOUT_MS, () => reject(new Error("no answer")));
    const process = up.length === 0 ? undefined : random.pick(up);
    const node = process === undefined ? undefined : nodes.get(process);
    const life = process?.life();
    if (process === undefined || node === undefined || life === undefined) reject(new Error("no node"));
    else {
      journal.write("client", `${what} → ${process.name}`);
      life.deliver(() => { work(node, life.clock.date()).then(resolve, reject); });
    }
    return promise;
  }

  /** A second time when it fails, mostly: people do. */
  function persist(work: () => Promise<unknown>): void {
    work().catch(() => {
      if (random.chance(0.7)) later(random.int(500, 6_000), () => persist(work));
    });
  }
  function later(ms: number, work: () => void): void {
    busy++;
    loop.in(ms, () => {
      busy--;
      if (loop.now() < untilMs) work();
    });
  }

  async function post(url: string): Promise<void> {
    const lecture = world.lectures.get(url);
    if (lecture === undefined) return;
    const id = [...random.next().toString(32).slice(2), ...random.next().toString(32).slice(2)].join("").padEnd(26, "0").slice(0, 26);
    const policy = random.pick(["hybrid", "eager"] as const);
    const priority = random.pick(["high", "normal", "low"] as const);
    const videoId = await ask(`posts ${url} as ${id}`, async ({ videos, announceSubmitted }, nowMs) => {
      const record = recordSubmission({ params: { source: { kind: "url", url }, tenant: lecture.tenant, policy, priority }, identity: url, newId: id, now: new Date(nowMs) });
      const { state, created } = await videos.claim(record, false); // who asks again asks with the same id
      if (created) announceSubmitted(state.record.id);
      return state.record.id;
    });
    const isNew = !of(videoId).accepted;
    of(videoId).accepted = true;
    journal.count(isNew ? "video accepted" : "video posted again");
    if (isNew) live(videoId);
  }

  /** What becomes of a video that was accepted. */
  function live(videoId: string): void {
    const sometimes = (probability: number, minMs: number, maxMs: number, work: () => void): void => { if (random.chance(probability)) later(random.int(minMs, maxMs), work); };
    sometimes(0.5, 1_000, 10_000, () => watch(videoId, 0));
    sometimes(0.2, 500, 30_000, () => persist(() => remove(videoId)));
    sometimes(0.15, 500, 20_000, () => persist(() => cancel(videoId)));
    for (let n = 0; n < 4; n++) sometimes(0.4, 5_000, 45_000, () => persist(() => retry(videoId)));
  }

  function watch(videoId: string, segment: number): void {
    world.bus.emit("segment.watched", { videoId, rendition: "360p", segment });
    if (segment < WATCH_SEGMENTS) later(random.int(500, 4_000), () => watch(videoId, segment + 1));
  }
  async function remove(videoId: string): Promise<void> {
    of(videoId).deleteAsked = true;
    await ask(`deletes ${videoId}`, ({ videos }) => videos.remove(videoId));
    of(videoId).deleted = true;
    journal.count("video deleted");
  }
  async function cancel(videoId: string): Promise<void> {
    of(videoId).cancelAsked = true;
    await ask(`cancels ${videoId}`, ({ operations }) => operations.cancel(videoId));
    journal.count("video cancelled");
  }
  async function retry(videoId: string): Promise<void> {
    of(videoId).retries++;
    await ask(`tries ${videoId} again`, ({ operations }) => operations.retry(videoId));
    of(videoId).reopened = true;
    journal.count("video tried again");
  }

  for (const url of world.lectures.keys()) {
    for (let n = random.chance(0.3) ? 2 : 1; n > 0; n--) later(random.int(0, postsUntilMs), () => persist(() => post(url)));
  }
  return { promised, busy: () => busy };
}
