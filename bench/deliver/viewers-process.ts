/** The audience of `viewers.ts`: a playlist at the start, then a segment every four seconds, from any place of the video on. */
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Audience, Watched } from "./viewers.ts";

const SEGMENT_MS = 4_000;

const [audience] = await once(process, "message") as [Audience];
const watched: Watched = { segmentMs: [], playlistMs: [], failed: 0 };
const endsAt = performance.now() + audience.seconds * 1_000;
await Promise.all(Array.from({ length: audience.viewers }, (_, viewer) => view(audience, viewer)));
process.send?.(watched);
process.disconnect();

async function view({ base, viewers, playlist, segments }: Audience, viewer: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await wait((viewer * SEGMENT_MS) / viewers);
  await timed(watched.playlistMs, `${base}${playlist}`, agent);
  for (let n = viewer; performance.now() < endsAt; n++) {
    const nextAt = performance.now() + SEGMENT_MS;
    await timed(watched.segmentMs, `${base}${segments[n % segments.length] ?? ""}`, agent);
    await wait(Math.max(0, Math.min(nextAt, endsAt) - performance.now()));
  }
  agent.destroy();
}

async function timed(samples: number[], url: string, agent: Agent): Promise<void> {
  const startedAt = performance.now();
  try {
    const [answer] = await once(get(url, { agent }), "response") as [IncomingMessage];
    answer.resume();
    await once(answer, "end");
    if (answer.statusCode === 200) samples.push(performance.now() - startedAt);
    else watched.failed++;
  } catch {
    watched.failed++;
  }
}
