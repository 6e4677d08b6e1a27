/** Runs the cells of the matrix one after another on one mesh; on another, when one was left broken. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../../config/errors.ts";
import { seededRandom } from "../../test/support/simulation/random.ts";
import { startS3, type TestS3 } from "../../test/support/s3.ts";
import { openFaultyMesh, type FaultyMesh } from "./faulty-mesh.ts";
import { openLecture } from "./lecture.ts";
import { judge } from "./reader.ts";
import { runCell, type Cell, type CellReport, type Ready } from "./run-cell.ts";
import { openBucketReader } from "./stored-media.ts";

export interface FaultsOptions { cells: readonly Cell[]; seed: number; log(line: string): void }
export interface FaultsReport {
  cells: CellReport[];
  /** What did not hold, by cell. */
  wrong: string[];
  /** Of a run in which nothing is broken. */
  undisturbedMs: number;
  seconds: number;
}

const UNDISTURBED = "/undisturbed.mp4";

export async function runFaults({ cells, seed, log }: FaultsOptions): Promise<FaultsReport> {
  const startedAt = performance.now();
  const report: FaultsReport = { cells: [], wrong: [], undisturbedMs: Number.NaN, seconds: 0 };
  const [s3, nextSource] = await Promise.all([startS3(), openLecture()]);
  let opened: (Ready & { tookMs: number }) | undefined;
  try {
    for (const cell of cells) {
      const name = `${cell.name}, ${cell.phase}`;
      opened ??= await open(s3, nextSource);
      report.undisturbedMs = opened.tookMs;
      const random = seededRandom(seed + hash(name));
      try {
        const done = await runCell(cell, opened, random);
        report.cells.push(done);
        report.wrong.push(...done.wrong.map((fault) => `${name}: ${fault}`));
        log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${name.padEnd(32)}  goes on after ${done.goesOnMs.toFixed(0).padStart(5)} ms, complete after ${done.completeMs.toFixed(0).padStart(5)} ms  (${[...done.evidence, ...done.fresh.failures.keys()].join("; ")})`);
        if (done.wrong.length > 0) log(`        ${done.wrong.join("\n        ")}\n        ${keepLogs(opened.mesh)}`);
      } catch (error) {
        report.wrong.push(`${name}: ${errorMessage(error)}`);
        log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${name.padEnd(32)}  ${errorMessage(error)}\n        ${keepLogs(opened.mesh)}`);
        await close(opened);
        opened = undefined;
      }
    }
  } finally {
    if (opened !== undefined) await close(opened);
    await s3.stop();
  }
  return { ...report, seconds: (performance.now() - startedAt) / 1000 };
}

/** With the lecture made once, undisturbed: what all others are compared with. @throws Error when that alone is wrong */
async function open(s3: TestS3, nextSource: () => Buffer): Promise<Ready & { tookMs: number }> {
  const mesh = await openFaultyMesh(s3);
  try {
    await mesh.settle();
    mesh.origin.put(UNDISTURBED, nextSource());
    const { id } = await mesh.lectern.post({ url: `${mesh.origin.url}${UNDISTURBED}`, policy: "eager" });
    const postedAt = performance.now();
    await mesh.lectern.until(id, "complete");
    const tookMs = performance.now() - postedAt;
    const bucket = openBucketReader(s3, mesh.bucket);
    const { wrong } = await judge(mesh, bucket, id, []);
    if (wrong.length > 0) throw new Error(`undisturbed: ${wrong.join("; ")}`);
    return { mesh, bucket, nextSource, undisturbed: { id, media: await bucket.media(id) }, tookMs };
  } catch (error) {
    await mesh.close();
    throw error;
  }
}

async function close({ mesh, bucket }: Ready): Promise<void> {
  bucket.close();
  await mesh.close();
}

function keepLogs(mesh: FaultyMesh): string {
  const dir = mkdtempSync(join(tmpdir(), "lectern-faults-logs-"));
  for (const [name, text] of Object.entries(mesh.logs())) writeFileSync(join(dir, name), text);
  return `logs: ${dir}`;
}

/** So that a cell goes the same way whichever others are run (djb2). */
function hash(text: string): number {
  return [...text].reduce((sum, letter) => (Math.imul(sum, 33) + letter.charCodeAt(0)) >>> 0, 5381);
}
