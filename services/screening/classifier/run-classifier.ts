/** Has frames classified in a process of its own, whose memory and time are bounded. What it does wrong is an answer, never a pass. */
import { fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { GUEST_SCRIPT } from "../../../mixins/exec-guest.ts";
import { GUEST_MARK } from "../../../mixins/guest-warden.ts";
import type { ClassifierChoice } from "../../../mixins/screening-policy/policy.ts";
import type { ClassifierFrame, ClassifierReply, Scores } from "./classifier.contract.ts";

export type Classified = { outcome: "classified"; name: string; version: string; scores: Scores[] } | { outcome: "failed"; message: string };

const PROCESS = fileURLToPath(new URL("./classifier-process.ts", import.meta.url));
const NSFWJS = fileURLToPath(new URL("./nsfwjs.ts", import.meta.url));
/** The heap's own bound does not count what WebAssembly takes: that is looked at. */
const LOOK_MS = 100;
const PAGE_BYTES = 4096;
/** That it may keep busy for all of its time. */
const CORES = 4;
/** Nobody waits for it. */
const NICENESS = 15;

/** @param signal ends it, with `failed` */
export async function runClassifier({ name, folder, memoryMb, timeoutSec }: ClassifierChoice, frames: readonly ClassifierFrame[], signal: AbortSignal): Promise<Classified> {
  if (frames.length === 0) return { outcome: "failed", message: "There is no frame to classify." };
  const settled = Promise.withResolvers<Classified>();
  const fail = (message: string): void => settled.resolve({ outcome: "failed", message });
  const child = fork(PROCESS, [name === "nsfwjs" ? NSFWJS : name, folder ?? ""], {
    // The limit of processor time, and the mark by which the node's warden knows it, end it when its node has died.
    execPath: GUEST_SCRIPT, execArgv: [`t=${timeoutSec * CORES}`, "--", process.execPath, `--max-old-space-size=${memoryMb}`],
    serialization: "advanced", stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: { PATH: process.env["PATH"] ?? "", [GUEST_MARK.name]: GUEST_MARK.value }, // no secret of the node
  });
  const onAbort = (): void => fail("The screening was stopped.");
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const deadline = setTimeout(() => fail(`The classifier did not end within ${timeoutSec} s.`), timeoutSec * 1_000);
  const watch = setInterval(() => {
    residentBytes(child.pid).then((bytes) => {
      if (bytes > memoryMb * 1024 * 1024) fail(`The classifier took more than ${memoryMb} MiB of memory.`);
    }, () => undefined); // it has ended, which says itself
  }, LOOK_MS);
  child.once("error", (error) => fail(`The classifier could not be started: ${error.message}.`));
  child.once("exit", (code, killedBy) => fail(`The classifier ended early (${killedBy ?? code}).`));
  child.once("message", (message) => settled.resolve(parseReply(message as ClassifierReply, frames.length)));
  child.once("spawn", () => {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
    child.send({ frames }, () => undefined); // one that has ended says so
  });
  try {
    return await settled.promise;
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    signal.removeEventListener("abort", onAbort);
    child.kill("SIGKILL");
  }
}

function parseReply(reply: ClassifierReply, count: number): Classified {
  if ("error" in reply) return { outcome: "failed", message: `The classifier failed: ${String(reply.error).slice(0, 200)}` };
  const isGood = Array.isArray(reply.scores) && reply.scores.length === count && reply.scores.every((scores) => Object.values(scores).every((score) => score >= 0 && score <= 1));
  if (!isGood) return { outcome: "failed", message: "The classifier answered something else than scores." };
  return { outcome: "classified", name: String(reply.name).slice(0, 100), version: String(reply.version).slice(0, 100), scores: reply.scores };
}

async function residentBytes(pid: number | undefined): Promise<number> {
  const [, resident = "0"] = (await readFile(`/proc/${pid}/statm`, "latin1")).split(" ");
  return Number(resident) * PAGE_BYTES;
}
