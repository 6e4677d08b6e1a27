/**
 * Runs FFmpeg through fluent-ffmpeg. A run ends in one of a few ways, and one table says what each means to the caller.
 */
import { PassThrough, type Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import Ffmpeg from "fluent-ffmpeg";
import { fail } from "../../config/errors.ts";
import type { FfmpegArguments } from "../../media/ffmpeg/guest.ts";
import { cancelled } from "./cancelled.ts";

export interface FfmpegRun {
  arguments: FfmpegArguments;
  /** Fed to standard input; the arguments' input is then `pipe:0`. */
  stdin?: Readable;
  /** 0 for a viewer who waits, up to 19 for work in the background. */
  niceness: number;
  signal: AbortSignal;
  /** Called with each piece of standard output, which is not written into again. */
  onData(chunk: Buffer): void;
}

export type FfmpegOutcome =
  | { outcome: "done" }
  | { outcome: "aborted" }
  | { outcome: "stalled" }
  | { outcome: "failed"; message: string };

/** Without a byte out and without progress for this long, a run is stuck. */
const STALL_MS = 20_000;
const KEPT_LINES = 20;

/** fluent-ffmpeg asks FFmpeg for its formats and encoders before its first run: done at start, no viewer waits for it. */
export async function warmFfmpeg(): Promise<void> {
  Ffmpeg.setFfmpegPath(fileURLToPath(new URL("../../mixins/ffmpeg-guest.sh", import.meta.url)));
  const formats = Promise.withResolvers<void>();
  Ffmpeg.getAvailableFormats((error) => (error === undefined || error === null ? formats.resolve() : formats.reject(error)));
  const encoders = Promise.withResolvers<boolean>();
  Ffmpeg.getAvailableEncoders((error, found) => (error === undefined || error === null ? encoders.resolve("libx264" in found && "aac" in found) : encoders.reject(error)));
  await formats.promise;
  if (!(await encoders.promise)) throw new Error("FFmpeg lacks the encoders libx264 and aac.");
}

export function runFfmpeg(run: FfmpegRun): Promise<FfmpegOutcome> {
  if (run.signal.aborted) return Promise.resolve({ outcome: "aborted" });
  const settled = Promise.withResolvers<FfmpegOutcome>();
  const { input, inputOptions, outputOptions } = run.arguments;
  // A stream that closes itself when it ends makes fluent-ffmpeg report "Output stream closed" for a run that went well.
  const output = new PassThrough({ autoDestroy: false, emitClose: false, highWaterMark: 1024 * 1024 });
  const command = Ffmpeg(run.stdin ?? input, { niceness: run.niceness, stdoutLines: KEPT_LINES });
  const lines: string[] = [];
  let stalled = false;

  const stop = (): void => { command.kill("SIGKILL"); };
  const watchdog = setTimeout(() => { stalled = true; stop(); }, STALL_MS);
  run.signal.addEventListener("abort", stop, { once: true });
  const finish = (outcome: FfmpegOutcome): void => {
    clearTimeout(watchdog);
    run.signal.removeEventListener("abort", stop);
    run.stdin?.destroy();
    settled.resolve(run.signal.aborted ? { outcome: "aborted" } : stalled ? { outcome: "stalled" } : outcome);
  };

  let ended: FfmpegOutcome | undefined;
  let drained = false;
  const settle = (): void => { if (ended !== undefined && (drained || ended.outcome !== "done")) finish(ended); };
  output.on("data", (chunk: Buffer) => {
    watchdog.refresh();
    run.onData(chunk);
  });
  output.on("end", () => { drained = true; settle(); });
  command
    .inputOptions(inputOptions)
    .outputOptions(outputOptions)
    .output(output, { end: true })
    .on("start", () => { if (run.signal.aborted) stop(); })
    .on("stderr", (line: string) => {
      if (/^\w+=/.test(line)) watchdog.refresh(); // -progress: key=value
      else if (line.trim() !== "" && lines.push(line) > KEPT_LINES) lines.shift();
    })
    .on("error", (error: Error) => { ended = { outcome: "failed", message: lines.join("\n") || error.message }; settle(); })
    .on("end", () => { ended = { outcome: "done" }; settle(); })
    .run();
  return settled.promise;
}

/** What a run's end means to who asked for it; undefined: it went well. */
export function ffmpegError(outcome: FfmpegOutcome): Error | undefined {
  switch (outcome.outcome) {
    case "done": return undefined;
    case "aborted": return cancelled();
    case "stalled": return fail("encode_stalled", `FFmpeg made no progress for ${STALL_MS / 1000} s.`);
    // FFmpeg's own words stay in the log: they may name addresses.
    case "failed": return fail("encode_failed", "FFmpeg could not encode the segment.");
    default: return outcome satisfies never;
  }
}
