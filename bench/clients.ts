/**
 * clients: posts every file of a folder to a whole mesh of its own, plays what is accepted in hls.js (HLS) and Shaka Player
 * (DASH) in Chromium, and has a still made. Files beside a `manifest.json` that says what to expect are held to it.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../config/config.ts";
import { openChromium } from "../test/browser/chromium.ts";
import { openClients, type Clients } from "../test/browser/clients.ts";
import { api } from "../test/support/api.ts";
import { startMesh } from "../test/support/mesh.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad, describeMachine } from "./machine.ts";
import { formatTable } from "./text-table.ts";

const FOLDER = "../shared/media/corpus";
const PATIENCE_MS = 30_000;

interface Expected { file: string; expect: "accept" | "reject" }

export const clients: Benchmark = {
  name: "clients",
  summary: "every file of a folder, played by hls.js and Shaka Player in Chromium",
  usage: "[--folder <dir>] [--only <words>]",
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { folder: { type: "string", default: FOLDER }, only: { type: "string", default: "" } } });
    const folder = resolve(process.env["INIT_CWD"] ?? ".", values.folder);
    const files = findFiles(folder).filter(({ path }) => path.includes(values.only));
    if (files.length === 0) throw new Error(`There are no files in ${folder}.`);
    const { ffmpegPath } = loadConfig(process.env);
    const mesh = await startMesh({ settings: { LECTERN_FFMPEG: ffmpegPath, LECTERN_DURATION_MAX_HOURS: "24" } });
    const browser = await openChromium();
    const players = await openClients(browser);
    try {
      const rows: string[][] = [];
      for (const { path, expected } of files) {
        const row = await measure(path, expected, mesh.httpUrl, players);
        rows.push(row);
        console.log(row.join("  "));
      }
      console.log(`\n${formatTable(["file", "verdict", "hls.js, HLS", "Shaka, DASH", "first segment ms", "still ms"], rows)}\n`);
      const wrong = rows.filter((row) => row.some((cell) => cell.startsWith("NOT ")));
      console.log(`${rows.length - wrong.length} of ${rows.length} as they should be. Seconds are until the picture moved. ${await describeMachine(ffmpegPath)}, ${describeLoad()}.`);
    } finally {
      await browser.close();
      await mesh.stop();
    }
  },
};

function findFiles(folder: string): { path: string; expected: "accept" | "reject" | undefined }[] {
  const manifest = join(folder, "manifest.json");
  if (existsSync(manifest)) {
    const { files } = JSON.parse(readFileSync(manifest, "utf8")) as { files: Expected[] };
    return files.map(({ file, expect }) => ({ path: join(folder, file), expected: expect }));
  }
  return globSync("*.{mp4,mov,mkv,webm,avi,ts,mpg,flv,wmv,ogv,gif}", { cwd: folder }).toSorted().map((file) => ({ path: join(folder, file), expected: undefined }));
}

async function measure(path: string, expected: "accept" | "reject" | undefined, base: string, players: Clients): Promise<string[]> {
  const name = basename(path);
  const http = api(base);
  const startedAt = performance.now();
  const { uploadId } = await http.upload(path).catch(() => ({ uploadId: "" }));
  const answer = await http.postRaw({ uploadId, policy: "lazy" });
  if (!answer.ok) return [name, expected === "accept" ? `NOT taken: ${answer.status}` : "refused", "", "", "", ""];
  const { id } = (await answer.json()) as { id: string };
  await http.playlist(id);
  const { status, reasons, renditions = [] } = await http.get(id);
  if (status === "rejected") return [name, `${expected === "accept" ? "NOT accepted" : "rejected"}: ${reasons?.[0]?.class ?? ""}`, "", "", "", ""];
  const opening = renditions.find(({ mode }) => mode === "repackage") ?? renditions.findLast(({ kind }) => kind === "video");
  await (await http.segment(id, opening?.name ?? "source", 0)).arrayBuffer();
  const firstMs = performance.now() - startedAt;
  const hls = await play(players, "hls.js", `${base}/play/${id}/master.m3u8`);
  const dash = await play(players, "shaka", `${base}/play/${id}/manifest.mpd`);
  const stillAt = performance.now();
  const still = await fetch(`${base}/v1/videos/${id}/frame?t=0&format=jpg`);
  await still.arrayBuffer();
  return [name, "accepted", hls, dash, firstMs.toFixed(0), still.ok ? (performance.now() - stillAt).toFixed(0) : `NOT ${still.status}`];
}

async function play(players: Clients, client: "hls.js" | "shaka", url: string): Promise<string> {
  const startedAt = performance.now();
  const played = await players.play(client, url, { timeoutMs: PATIENCE_MS });
  return played.played ? `${((performance.now() - startedAt) / 1000).toFixed(1)} s` : `NOT ${played.reason}`;
}
