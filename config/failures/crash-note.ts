/**
 * What a process says of its end: an exception that nobody caught ends it at once, so a few lines go to a file, and a node that
 * starts on the same directory tells of it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceBroker } from "moleculer";
import { ownFrames } from "./fingerprint.ts";
import { failureLedgerOf } from "./note-failure.ts";
import { kindOf } from "./failure-code.ts";
import { redact } from "./redact.ts";

interface CrashNote { at: number; action: string; message: string; stack: string }

const FOLDER = "crashes";
const MAX_NOTES = 20;
const MAX_TEXT = 4_000;

/** @param process its listeners; an exception goes on as it would without */
export function watchCrashes(broker: ServiceBroker, dataDir: string, process: Pick<NodeJS.Process, "on" | "pid">): void {
  process.on("uncaughtExceptionMonitor", (error: unknown, origin: string) => {
    try {
      leaveNote(dataDir, process.pid, { at: Date.now(), action: `node.${origin}`, message: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack ?? "" : "" });
    } catch (failure) {
      broker.logger.error("The end of this node could not be written down:", failure);
    }
  });
}

function leaveNote(dataDir: string, pid: number, { at, action, message, stack }: CrashNote): void {
  const folder = join(dataDir, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length >= MAX_NOTES) return;
  const note: CrashNote = { at, action, message: redact(message).slice(0, MAX_TEXT), stack: framesOf(stack, message).slice(0, MAX_TEXT) };
  writeFileSync(join(folder, `${at}-${pid}.json`), JSON.stringify(note), { mode: 0o600 });
}

/** Before its frames a stack has the message once more. */
function framesOf(stack: string, message: string): string {
  const end = stack.indexOf(message) + message.length;
  return stack.slice(Math.max(0, stack.indexOf("\n", end) + 1));
}

/** Notes as failures of this node how earlier ones of this directory ended; each once. */
export function tellCrashes(broker: ServiceBroker, dataDir: string): void {
  const folder = join(dataDir, FOLDER);
  for (const name of listNames(folder)) {
    try {
      const note = parseNote(readFileSync(join(folder, name), "utf8"));
      rmSync(join(folder, name));
      if (note !== undefined) failureLedgerOf(broker).note({ ...kindOf("crashed"), ...note });
      if (note !== undefined) broker.logger.warn(`A node of this directory ended by itself at ${new Date(note.at).toISOString()}: ${note.message} (${ownFrames(note.stack)[0] ?? "nowhere in this program"})`);
    } catch (error) {
      broker.logger.debug(`${name} was not read:`, error); // another node has it
    }
  }
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".json")).slice(0, MAX_NOTES);
  } catch {
    return []; // no node has ended like that here
  }
}

function parseNote(text: string): CrashNote | undefined {
  const { at, action, message, stack } = JSON.parse(text) as Partial<Record<string, unknown>>;
  if (typeof at !== "number" || typeof action !== "string" || !/^node\.\w{1,40}$/.test(action) || typeof message !== "string" || typeof stack !== "string") return undefined;
  return { at, action, message, stack };
}
