/**
 * `npm test`: runs mocha over everything, or over the files that are given, and ends with one line,
 * `N passed, N failed`.
 */
import { existsSync, globSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import Mocha from "mocha";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const REAL_MEDIA = resolve(PROJECT, "../shared/media");
/** Cheap ones first: what is broken there breaks the rest. */
const ORDER = ["unit", "services", "contract", "integration", "browser"];
const DEFAULT_TIMEOUT_MS = 15_000;

const given = process.argv.slice(2);
const found = given.length > 0 ? given.map((path) => resolve(process.env["INIT_CWD"] ?? ".", path)) : globSync("test/**/*.test.ts", { cwd: PROJECT }).map((path) => resolve(PROJECT, path));
const rank = (path: string): number => ORDER.indexOf(relative(PROJECT, path).split("/")[1] ?? "");
const files = found.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));

console.log(existsSync(REAL_MEDIA) ? "With the real lectures of ../shared/media." : "Without ../shared/media: lectures are made by FFmpeg.");
for (const name of Object.keys(process.env)) if (name.startsWith("LECTERN_") && !name.startsWith("LECTERN_TEST_")) delete process.env[name];

const mocha = new Mocha({ timeout: DEFAULT_TIMEOUT_MS, slow: 5_000, forbidOnly: process.env["CI"] !== undefined, color: process.stdout.isTTY === true });
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();
const runner = mocha.run((failures) => {
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
  process.exit(failures > 0 || passes === 0 ? 1 : 0); // what a test left open must not keep the run from ending
});
