/** encryption: what it costs to keep what is stored encrypted, beside the same store without, and beside node:crypto alone. */
import { createCipheriv, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { encryptStore } from "../services/storage/encryption/encrypted-store.ts";
import { keyRing } from "../services/storage/encryption/key-ring.ts";
import { localKey } from "../services/storage/encryption/local-key.ts";
import { openDirectoryStore } from "../services/storage/directory-store.ts";
import type { ObjectStore } from "../services/storage/object-store.ts";
import type { Benchmark } from "./benchmark.ts";
import { describeLoad } from "./machine.ts";
import { percentile } from "./statistics.ts";
import { formatTable } from "./text-table.ts";

const SIZES = [300_000, 1_000_000];
const PIECE_BYTES = 256 * 1024;
const LOOK_MS = 2;
type Work = () => Promise<unknown>;

export const encryption: Benchmark = {
  name: "encryption",
  summary: "writes and reads of an encrypted store, beside the same one plain",
  usage: "[--runs 200] [--upload-mb 1024]",
  inProcess: true,
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { "runs": { type: "string", default: "200" }, "upload-mb": { type: "string", default: "1024" } } });
    const [runs, uploadMb] = [Number(values.runs), Number(values["upload-mb"])];
    if (![runs, uploadMb].every((n) => Number.isInteger(n) && n > 0)) throw new Error("--runs and --upload-mb must be whole numbers from 1.");
    const dir = await mkdtemp(join(tmpdir(), "lectern-encryption-"));
    try {
      const below = await openDirectoryStore(dir);
      const encrypted = encryptStore(below, keyRing([localKey(randomBytes(32))]));
      await encrypted.put("videos/v/record.json", Buffer.from("{}"), { ifAbsent: true });
      const rows = [...(await measureSegments(below, encrypted, runs)), await measureUpload(below, encrypted, uploadMb)];
      console.log(`${formatTable(["ms, median (p95)", "plain", "encrypted", "node:crypto alone"], rows)}\n\n${runs} runs of each, by turns, on a directory. Node ${process.versions.node}, ${describeLoad()}.`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};

async function measureSegments(plain: ObjectStore, encrypted: ObjectStore, runs: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (const size of SIZES) {
    const bytes = randomBytes(size);
    const [open, sealed] = [`plain/${size}`, `videos/v/media/${size}`];
    const middle = [size / 2, size / 2 + 1_000] as const;
    const bare: Work = async () => encryptBare(bytes);
    rows.push(
      [`put ${size / 1_000} kB`, ...(await byTurns(runs, () => plain.put(open, bytes), () => encrypted.put(sealed, bytes), bare))],
      [`get ${size / 1_000} kB`, ...(await byTurns(runs, () => plain.get(open), () => encrypted.get(sealed), bare))],
      [`1 kB in the midst of ${size / 1_000} kB`, ...(await byTurns(runs, () => plain.getRange(open, ...middle), () => encrypted.getRange(sealed, ...middle))), "–"],
    );
  }
  return rows;
}

/** Also how long others had to wait for their turn. */
async function measureUpload(plain: ObjectStore, encrypted: ObjectStore, megabytes: number): Promise<string[]> {
  const maxBytes = megabytes * 2 ** 20;
  const piece = randomBytes(PIECE_BYTES);
  const source = (): Readable => Readable.from((function* () {
    for (let sent = 0; sent < maxBytes; sent += PIECE_BYTES) yield piece;
  })(), { objectMode: false });
  const timed = async (work: Work): Promise<string> => {
    let [longest, last] = [0, performance.now()];
    const startedAt = last;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last - LOOK_MS);
      last = performance.now();
    }, LOOK_MS);
    await work();
    clearInterval(timer);
    return `${(performance.now() - startedAt).toFixed(0)} (a turn: ${longest.toFixed(0)})`;
  };
  const bare: Work = async () => {
    const cipher = createCipheriv("aes-256-gcm", randomBytes(32), randomBytes(12));
    for (let sent = 0; sent < maxBytes; sent += PIECE_BYTES) cipher.update(piece);
  };
  return [
    `upload ${megabytes} MiB`, await timed(() => plain.upload("plain/source", source(), { maxBytes })),
    await timed(() => encrypted.upload("uploads/u/source", source(), { maxBytes })), (await timed(bare)).replace(/ \(.*/, ""),
  ];
}

function encryptBare(bytes: Buffer): void {
  const cipher = createCipheriv("aes-256-gcm", randomBytes(32), randomBytes(12));
  cipher.update(bytes);
  cipher.final();
}

/** By turns, so that whatever else the machine does is everybody's. */
async function byTurns(runs: number, ...works: Work[]): Promise<string[]> {
  const samples = works.map((): number[] => []);
  for (let run = -3; run < runs; run++) {
    for (const [n, work] of works.entries()) {
      const startedAt = performance.now();
      await work();
      if (run >= 0) samples[n]?.push(performance.now() - startedAt);
    }
  }
  return samples.map((ms) => `${percentile(ms, 0.5).toFixed(2)} (${percentile(ms, 0.95).toFixed(2)})`);
}
