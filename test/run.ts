/**
 * `npm test`: runs mocha over everything, or over the files that are given, and ends with one line,
 * `N passed, N failed`. Everything runs in processes of their own, most of them one file's, side by side where there are
 * cores enough; what one printed is shown when it is done, and how long it took. What failed is told once more at the end.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import Mocha from "mocha";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const REAL_MEDIA = resolve(PROJECT, "../shared/media");
/** Cheap ones first: what is broken there breaks the rest. Then what takes longest. */
const ORDER = ["unit", "browser", "integration", "contract", "services"];
/** Of these a process runs all files: each takes less time than its start. */
const TOGETHER = ["unit", "contract"];
const DEFAULT_TIMEOUT_MS = 15_000;
/** A mesh that encodes keeps two cores busy. */
const AT_ONCE = Math.max(1, Math.floor(availableParallelism() / 2));

/** What one process runs. */
interface Group { name: string; files: string[] }
interface Outcome { passed: number; failed: number; story: string }

const given = process.argv.slice(2);
for (const name of Object.keys(process.env)) if (name.startsWith("LECTERN_") && !name.startsWith("LECTERN_TEST_")) delete process.env[name];
if (given.length > 0) await runHere(given.map((path) => resolve(process.env["INIT_CWD"] ?? ".", path)));
else await runAll();

async function runHere(files: readonly string[]): Promise<void> {
  const mocha = new Mocha({ timeout: DEFAULT_TIMEOUT_MS, slow: 5_000, forbidOnly: process.env["CI"] !== undefined, color: process.stdout.isTTY === true });
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const runner = mocha.run((failed) => {
    const { passes = 0, pending = 0 } = runner.stats ?? {};
    console.log(`${passes} passed, ${failed} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
    process.exit(failed > 0 || passes === 0 ? 1 : 0); // what a test left open must not keep the run from ending
  });
}

async function runAll(): Promise<void> {
  console.log(existsSync(REAL_MEDIA) ? "With the real lectures of ../shared/media." : "Without ../shared/media: lectures are made by FFmpeg.");
  const waiting = listGroups();
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) outcomes.push(await runApart(group));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const sum = (key: "passed" | "failed"): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  for (const { story } of outcomes.filter(({ failed }) => failed > 0)) console.log(`\n${story}`);
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed`);
  process.exit(sum("failed") > 0 || outcomes.some(({ passed }) => passed === 0) ? 1 : 0);
}

/** In the order in which they begin. */
function listGroups(): Group[] {
  return ORDER.flatMap((kind) => {
    const files = globSync(`test/${kind}/**/*.test.ts`, { cwd: PROJECT }).toSorted();
    return TOGETHER.includes(kind) ? [{ name: `test/${kind}`, files }] : files.map((name) => ({ name, files: [name] }));
  });
}

/** Killed by the kernel when this process ends. A process that does not come to its last line has failed. */
async function runApart({ name, files }: Group): Promise<Outcome> {
  const startedAt = performance.now();
  const paths = files.map((path) => resolve(PROJECT, path));
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", process.execPath, fileURLToPath(import.meta.url), ...paths], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), child.exitCode ?? once(child, "exit")]);
  const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(out) ?? [];
  console.log(`\n— ${name}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n${out.trimEnd()}${errors === "" ? "" : `\n${errors.trimEnd()}`}`);
  if (passed !== undefined && failed !== undefined && child.exitCode !== null) {
    const told = out.search(/^ +\d+ failing/m);
    return { passed: Number(passed), failed: Number(failed), story: `— ${name}\n${out.slice(told).trimEnd()}` };
  }
  const story = `— ${name} ended with ${child.exitCode ?? child.signalCode}, before its tests did.`;
  console.log(story);
  return { passed: 0, failed: 1, story };
}
