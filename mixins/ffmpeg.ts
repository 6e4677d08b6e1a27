/**
 * Runs FFmpeg through fluent-ffmpeg. A run ends in one of a few ways, and one table says what each means to the caller.
 */
import { PassThrough, type Readable } from "node:stream";
import Ffmpeg from "fluent-ffmpeg";
import { fail } from "../config/errors.ts";
import { traced } from "../config/tracing/tracer.ts";
import type { Allowed, FfmpegArguments } from "../media/ffmpeg/guest.ts";
import { GUEST_SCRIPT } from "./exec-guest.ts";
import { fitnessOf, ifFit } from "./ffmpeg-fitness.ts";
import type { Guest, GuestOptions } from "./guest.ts";
import { cancelled } from "./cancelled.ts";
import { killTree } from "./kill-tree.ts";

export interface FfmpegRun {
  arguments: FfmpegArguments;
  /** Fed to standard input; the arguments' input is then `pipe:0`. */
  stdin?: Readable;
  /** 0 for a viewer who waits, up to 19 for work in the background. */
  niceness: number;
  signal: AbortSignal;
  /** Another than the usual bound: the graphics card, limits. */
  guest?: GuestOptions;
  /** Other demuxers and decoders than those of picture and sound. */
  allowed?: Allowed;
  /** Without a byte out and without progress for this long, the run is stuck. */
  stallMs?: number;
  /** More output than this is none that was asked for. */
  maxOutputBytes?: number;
  /** Called with each piece of standard output, which is not written into again. */
  onData(chunk: Buffer): void;
}

export type FfmpegOutcome =
  /** It went through; what it complained about all the same, for its exit code tells nothing of damage it got over. */
  | { outcome: "done"; complaints: string[] }
  | { outcome: "aborted" }
  | { outcome: "stalled" }
  | { outcome: "failed"; message: string };

const STALL_MS = 20_000;
/** An hour of the highest rung; a run makes minutes. */
const MAX_OUTPUT_BYTES = 4 * 1024 ** 3;
const KEPT_LINES = 20;

/** fluent-ffmpeg knows one FFmpeg, so a process has one guest. */
let guest: Guest | undefined;
let warming: { as: Guest; build: Promise<FfmpegBuild> } | undefined;

/** Names of what this FFmpeg was built with. */
export interface FfmpegBuild { encoders: ReadonlySet<string>; filters: ReadonlySet<string> }

/**
 * fluent-ffmpeg asks FFmpeg for its formats and encoders, and we for its filters, before its first run: done at start, no viewer waits for it.
 * No stranger's input is in that, so it needs no sandbox. Whoever asks meanwhile waits for the same answer.
 * @throws Error when it lacks what every encode needs
 */
export async function warmFfmpeg(as: Guest): Promise<FfmpegBuild> {
  if (warming?.as !== as) {
    const asked = { as, build: askBuild(as) };
    warming = asked;
    asked.build.catch(() => { if (warming === asked) warming = undefined; }); // it may be mended by the time of another try
  }
  return await warming.build;
}

async function askBuild(as: Guest): Promise<FfmpegBuild> {
  Ffmpeg.setFfmpegPath(as.ffmpegPath);
  const [, encoders, filters] = await Promise.all([
    listed((done) => Ffmpeg.getAvailableFormats(done)),
    listed((done) => Ffmpeg.getAvailableEncoders(done)),
    listed((done) => Ffmpeg.getAvailableFilters(done)),
  ]);
  if (!encoders.has("libx264") || !encoders.has("aac")) throw new Error("FFmpeg lacks the encoders libx264 and aac.");
  Ffmpeg.setFfmpegPath(GUEST_SCRIPT);
  guest = as;
  return { encoders, filters };
}

function listed(ask: (done: (error: Error | null | undefined, found: object) => void) => void): Promise<ReadonlySet<string>> {
  return new Promise((resolve, reject) => ask((error, found) => (error === undefined || error === null ? resolve(new Set(Object.keys(found))) : reject(error))));
}

/** @throws not_ready, to be tried elsewhere, when FFmpeg does not work on this node, whatever it is fed */
export async function runFfmpeg(run: FfmpegRun): Promise<FfmpegOutcome> {
  if (guest === undefined) throw new Error("FFmpeg runs only after warmFfmpeg.");
  const start = (signal: AbortSignal, alive: () => void): Promise<FfmpegOutcome> => runGuest({
    ...run, signal,
    onData(chunk) {
      alive();
      run.onData(chunk);
    },
  });
  const fitness = fitnessOf(guest);
  const { inputOptions, outputOptions } = run.arguments; // without what is read: that may be an address
  const tags: Record<string, string | number> = { "lectern.ffmpeg.arguments": [...inputOptions, ...outputOptions].join(" "), "lectern.ffmpeg.niceness": run.niceness };
  return await traced("ffmpeg", tags, async () => {
    const ended = await ifFit(fitness, run.signal, start, ({ outcome }) => outcome === "failed" || outcome === "stalled");
    tags["lectern.ffmpeg.outcome"] = ended.outcome;
    return ended;
  });
}

function runGuest(run: FfmpegRun): Promise<FfmpegOutcome> {
  if (run.signal.aborted) return Promise.resolve({ outcome: "aborted" });
  if (guest === undefined) throw new Error("FFmpeg runs only after warmFfmpeg.");
  const settled = Promise.withResolvers<FfmpegOutcome>();
  const { input, inputOptions, outputOptions } = run.arguments;
  // A stream that closes itself when it ends makes fluent-ffmpeg report "Output stream closed" for a run that went well.
  const output = new PassThrough({ autoDestroy: false, emitClose: false, highWaterMark: 1024 * 1024 });
  const command = Ffmpeg(run.stdin ?? input, { niceness: run.niceness, stdoutLines: KEPT_LINES });
  const lines: string[] = [];
  const { stallMs = STALL_MS, maxOutputBytes = MAX_OUTPUT_BYTES } = run;
  let stalled = false;
  let written = 0;

  let pid: number | undefined;
  const stop = (): void => { if (pid !== undefined) killTree(pid); };
  const watchdog = setTimeout(() => { stalled = true; stop(); }, stallMs);
  run.signal.addEventListener("abort", stop, { once: true });
  const finish = (outcome: FfmpegOutcome): void => {
    clearTimeout(watchdog);
    run.signal.removeEventListener("abort", stop);
    run.stdin?.destroy();
    if (run.signal.aborted) settled.resolve({ outcome: "aborted" });
    else if (stalled) settled.resolve({ outcome: "stalled" });
    else if (written > maxOutputBytes) settled.resolve({ outcome: "failed", message: `it wrote more than ${maxOutputBytes} bytes` });
    else settled.resolve(outcome);
  };

  let ended: FfmpegOutcome | undefined;
  let drained = false;
  const settle = (): void => { if (ended !== undefined && (drained || ended.outcome !== "done")) finish(ended); };
  output.on("data", (chunk: Buffer) => {
    watchdog.refresh();
    written += chunk.byteLength;
    if (written <= maxOutputBytes) run.onData(chunk);
    else stop();
  });
  output.on("end", () => { drained = true; settle(); });
  command
    // One by one: what it gets as an array, it takes apart at spaces. The guest's guard comes last, so it holds.
    .inputOptions(...guest.start("ffmpeg", input, run.guest), ...inputOptions, ...guest.guard(input, run.allowed))
    .outputOptions(...outputOptions)
    .output(output, { end: true })
    .on("start", () => {
      pid = processOf(command)?.pid;
      if (run.signal.aborted) stop();
    })
    .on("stderr", (line: string) => {
      if (/^\w+=/.test(line)) watchdog.refresh(); // -progress: key=value
      else if (line.trim() !== "" && lines.push(line) > KEPT_LINES) lines.shift();
    })
    .on("error", (error: Error) => { ended = { outcome: "failed", message: lines.join("\n") || error.message }; settle(); })
    .on("end", () => { ended = { outcome: "done", complaints: lines }; settle(); })
    .run();
  return settled.promise;
}

/** fluent-ffmpeg keeps its child where its types do not say. */
function processOf(command: object): { pid?: number } | undefined {
  return "ffmpegProc" in command ? (command.ffmpegProc as { pid?: number } | undefined) : undefined;
}

/** What a run's end means to who asked for it; undefined: it went well. */
export function ffmpegError(outcome: FfmpegOutcome): Error | undefined {
  switch (outcome.outcome) {
    case "done": return undefined;
    case "aborted": return cancelled();
    case "stalled": return fail("encode_stalled", "FFmpeg made no progress and was stopped.");
    // FFmpeg's own words stay in the log: they may name addresses.
    case "failed": return fail("encode_failed", "FFmpeg could not encode the segment.");
    default: return outcome satisfies never;
  }
}
