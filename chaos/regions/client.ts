/** Somebody at a region: posts and plays as a program does, and says how it went and how long it took. */
import type { Region } from "./region.ts";

/** `code`: of a refusal; `none` when no answer came. */
export interface Answer { ok: boolean; ms: number; status: number; code?: string }
export interface PostAnswer extends Answer { id?: string; /** Other regions that had the record when it was answered. */ replicatedTo: string[] }

export type PostPolicy = "lazy" | "eager";

const PATIENCE_MS = 20_000;
const LOOK_MS = 100;

export async function post(region: Region, url: string, policy: PostPolicy): Promise<PostAnswer> {
  const { body, ...answer } = await ask(`${region.httpUrl}/v1/videos`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ url, policy }) });
  const video = answer.ok ? (JSON.parse(body.toString("utf8")) as { id: string; replicatedTo?: string[] }) : undefined;
  return { ...answer, ...(video === undefined ? {} : { id: video.id }), replicatedTo: video?.replicatedTo ?? [] };
}

/** What a player fetches until it shows something: master playlist, the first rendition's playlist, its init segment, a segment. */
export async function play(region: Region, id: string, segment = 0): Promise<Answer> {
  const base = `${region.httpUrl}/play/${id}`;
  const startedAt = performance.now();
  const master = await ask(`${base}/master.m3u8`);
  const rendition = /^([\w-]+)\/media\.m3u8$/m.exec(master.body.toString("utf8"))?.[1] ?? "source";
  let last: Answer = master;
  for (const name of ["media.m3u8", "init.mp4", `${segment}.m4s`]) if (last.ok) last = await ask(`${base}/${rendition}/${name}`);
  const { ok, status, code } = last;
  return { ok, status, ms: performance.now() - startedAt, ...(code === undefined ? {} : { code }) };
}

/** The last segment of a rendition. */
export async function playEnd(region: Region, id: string, rendition: string): Promise<Answer> {
  const { body, ...answer } = await ask(`${region.httpUrl}/play/${id}/${rendition}/media.m3u8`);
  const last = [...body.toString("utf8").matchAll(/^\d+\.m4s$/gm)].at(-1)?.[0];
  return last === undefined ? answer : await ask(`${region.httpUrl}/play/${id}/${rendition}/${last}`);
}

/** Names of the renditions with pictures. */
export async function renditionsOf(region: Region, id: string): Promise<string[]> {
  const { body } = await ask(`${region.httpUrl}/play/${id}/master.m3u8`);
  return [...body.toString("utf8").matchAll(/^([\w-]+)\/media\.m3u8$/gm)].map(([, name = ""]) => name);
}

export async function statusOf(region: Region, id: string): Promise<string> {
  const { ok, body } = await ask(`${region.httpUrl}/v1/videos/${id}`);
  return ok ? (JSON.parse(body.toString("utf8")) as { status: string }).status : "unknown";
}

/** Whether it sees the other as a region to send viewers to. */
export async function seesHealthy(region: Region, other: Region): Promise<boolean> {
  const { ok, body } = await ask(`${region.httpUrl}/v1/regions`);
  return ok && (JSON.parse(body.toString("utf8")) as { regions: { name: string; healthy: boolean }[] }).regions.some(({ name, healthy }) => name === other.name && healthy);
}

/** Milliseconds until `done`. @throws Error naming `what` when it takes longer than `limitMs` */
export async function until(what: string, limitMs: number, done: () => Promise<boolean> | boolean): Promise<number> {
  const startedAt = performance.now();
  while (!(await done())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return performance.now() - startedAt;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer & { body: Buffer }> {
  const startedAt = performance.now();
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
    const body = Buffer.from(await response.arrayBuffer());
    const ms = performance.now() - startedAt;
    return response.ok ? { ok: true, ms, status: response.status, body } : { ok: false, ms, status: response.status, code: codeOf(body), body };
  } catch {
    return { ok: false, ms: performance.now() - startedAt, status: 0, code: "none", body: Buffer.alloc(0) };
  }
}

function codeOf(body: Buffer): string {
  return /"code":\s*"(\w+)"/.exec(body.toString("utf8"))?.[1] ?? "none";
}
