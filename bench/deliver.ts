/**
 * deliver: what everybody watches, from the memory of one node, beside nginx on the same files: how many segments of 300 kB a
 * second, what one costs the processor, and how long viewers wait who watch at the video's pace.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import { makeCertificates } from "../test/support/certificates.ts";
import { startEdge } from "../test/support/edge.ts";
import type { Benchmark } from "./benchmark.ts";
import { cpuSecondsOf, cpuTimeOf } from "./process-family.ts";
import { startBareNode, startNginx } from "./deliver/file-servers.ts";
import { heatVideo, makeSource, type HotVideo } from "./deliver/hot-video.ts";
import { watch } from "./deliver/viewers.ts";
import { runWrk } from "./deliver/wrk.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { onStagedMesh } from "./staged-mesh.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

/** A process that serves; `limit`: by whose throughput its own is divided. */
interface Server { name: string; base: string; pid: number; limit: string }
interface Round { perSec: number; p50Ms: number; p99Ms: number; userMicros: number; kernelMicros: number }

export const deliver: Benchmark = {
  name: "deliver",
  summary: "hot segments of one node and of its edge, beside nginx and a bare Node server (needs nginx and wrk)",
  usage: "[--rounds 5] [--seconds 4] [--connections 64] [--viewers 2000] [--watch 30]",
  async run(args) {
    const { rounds, seconds, connections, viewers, watch: watchSec } = parseOptions(args);
    const { ffmpegPath } = loadConfig(process.env);
    const dir = await mkdtemp(join(tmpdir(), "lectern-deliver-"));
    const [files, sources, script] = [join(dir, "files"), join(dir, "sources"), join(dir, "paths.lua")];
    const certificates = await makeCertificates();
    const ends: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true }), async () => certificates.forget()];
    try {
      await Promise.all([files, sources].map((path) => mkdir(path)));
      await makeSource(join(sources, "source.mp4"), ffmpegPath);
      await onStagedMesh(sources, ffmpegPath, async (mesh, origin) => {
        const video = await heatVideo(mesh.httpUrl, `${origin.url}/source.mp4`, files);
        const nginx = await startNginx(files, dir, certificates.good);
        ends.push(nginx.stop);
        const bare = await startBareNode(files);
        ends.push(bare.stop);
        const edge = await startEdge(new URL(mesh.httpUrl).host, certificates.good);
        ends.push(edge.stop);
        const servers: Server[] = [
          { name: "nginx, files", base: nginx.url, pid: nginx.pid, limit: "nginx, files" },
          { name: "node:http alone, from memory", base: bare.url, pid: bare.pid, limit: "nginx, files" },
          { name: "a node of Lectern", base: mesh.httpUrl, pid: mesh.nodePid(), limit: "nginx, files" },
          { name: "nginx, files, TLS", base: nginx.tlsUrl, pid: nginx.pid, limit: "nginx, files, TLS" },
          { name: "Lectern's edge, TLS", base: edge.url, pid: edge.pid, limit: "nginx, files, TLS" },
        ];
        const measured = await byTurns(servers, rounds, (server) => measure(server, video, script, connections, seconds));
        console.log(`Segments of ${(video.bytes / 1_000).toFixed(0)} kB, ${connections} connections, median of ${rounds} rounds of ${seconds} s by turns:\n\n${describeThroughput(servers, measured, video.bytes)}\n`);
        console.log(`${viewers} viewers, a segment every 4 s each, for ${watchSec} s:\n\n${await describeAudience([servers[0], servers[2]].filter((server) => server !== undefined), video, viewers, watchSec)}\n`);
        console.log(`${await describeMachine(ffmpegPath)}, which the clients share; ${describeLoad()}.`);
      });
    } finally {
      for (const end of ends.toReversed()) await end();
    }
  },
};

function parseOptions(args: readonly string[]): Record<"rounds" | "seconds" | "connections" | "viewers" | "watch", number> {
  const defaults = { rounds: 5, seconds: 4, connections: 64, viewers: 2_000, watch: 30 };
  const { values } = parseArgs({ args: [...args], options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: "string" as const }])) });
  const given = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, Number(values[name] ?? value)])) as typeof defaults;
  if (Object.values(given).some((value) => !Number.isInteger(value) || value < 1)) throw new Error("Every option must be a whole number from 1.");
  return given;
}

async function measure({ base, pid }: Server, { segments }: HotVideo, script: string, connections: number, seconds: number): Promise<Round> {
  const before = await cpuTimeOf(pid);
  const { perSec, p50Ms, p99Ms, requests } = await runWrk(base, segments, script, connections, seconds);
  const after = await cpuTimeOf(pid);
  return { perSec, p50Ms, p99Ms, userMicros: ((after.userSec - before.userSec) * 1e6) / requests, kernelMicros: ((after.kernelSec - before.kernelSec) * 1e6) / requests };
}

/** So that whatever else the machine does is everybody's; the first round is to warm up. */
async function byTurns(servers: readonly Server[], rounds: number, measureOne: (server: Server) => Promise<Round>): Promise<Map<string, Round[]>> {
  const measured = new Map<string, Round[]>(servers.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const server of servers) {
      const result = await measureOne(server);
      if (round > 0) measured.get(server.name)?.push(result);
    }
  }
  return measured;
}

function describeThroughput(servers: readonly Server[], measured: ReadonlyMap<string, readonly Round[]>, bytes: number): string {
  const of = (name: string, field: keyof Round): number => percentile((measured.get(name) ?? []).map((round) => round[field]), 0.5);
  return formatTable(["server", "a second", "MB/s", "to nginx", "p50 ms", "p99 ms", "CPU µs each: own", "kernel"], servers.map(({ name, limit }) => [
    name, of(name, "perSec").toFixed(0), ((of(name, "perSec") * bytes) / 1e6).toFixed(0), (of(name, "perSec") / of(limit, "perSec")).toFixed(2),
    of(name, "p50Ms").toFixed(1), of(name, "p99Ms").toFixed(1), of(name, "userMicros").toFixed(0), of(name, "kernelMicros").toFixed(0),
  ]));
}

async function describeAudience(servers: readonly Server[], video: HotVideo, viewers: number, seconds: number): Promise<string> {
  const rows: string[][] = [];
  for (const { name, base, pid } of servers) {
    const before = await cpuSecondsOf(pid);
    const { segmentMs, playlistMs, failed } = await watch(base, video, viewers, seconds);
    const cpuSec = (await cpuSecondsOf(pid)) - before;
    rows.push([name, String(segmentMs.length), percentile(segmentMs, 0.5).toFixed(1), percentile(segmentMs, 0.99).toFixed(1), percentile(segmentMs, 1).toFixed(0), percentile(playlistMs, 0.99).toFixed(1), String(failed), `${((cpuSec * 100) / seconds).toFixed(0)} %`]);
  }
  return formatTable(["server", "segments", "p50 ms", "p99 ms", "longest", "playlist p99 ms", "failed", "of one core"], rows);
}
