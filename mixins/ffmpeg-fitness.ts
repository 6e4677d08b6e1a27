/**
 * Whether FFmpeg works on this node, apart from what it is fed. A run that fails may be its input's fault; so after one a
 * tiny encode of a picture of FFmpeg's own is made. Where that fails as well, the node is to blame: it says so, makes
 * nothing, and tries by itself until it works again.
 */
import type { ServiceBroker } from "moleculer";
import { fail } from "../config/errors.ts";
import { execGuest } from "./exec-guest.ts";
import type { Guest } from "./guest.ts";
import { nodeState } from "./node-state.ts";

export interface FfmpegFitness {
  /** Why FFmpeg does not work here, as it was found last; undefined: it does. */
  fault(): string | undefined;
  /** Finds out, where that is not known of the last seconds. Never rejects. */
  examine(): Promise<string | undefined>;
  /** Told of a fault, and of its end. @returns ends that */
  onChange(listener: (fault: string | undefined) => void): () => void;
}

/** Under load FFmpeg takes ten times its 0.2 s; one that hangs is to be found within 10 s of its start. */
const TRIAL_MS = 6_000;
const GOOD_FOR_MS = 5_000;
const AGAIN_MS = 5_000;
const MIN_BYTES = 500;
/** After so long without an end, or a byte, it is to be known whether FFmpeg works here at all. */
const DOUBT_MS = 3_000;

const known = new WeakMap<Guest, FfmpegFitness>();

/** One a guest, and so a process. */
export function fitnessOf(guest: Guest): FfmpegFitness {
  const fitness = known.get(guest) ?? openFitness(() => tryFfmpeg(guest));
  known.set(guest, fitness);
  return fitness;
}

/** Puts the node into quarantine for as long as FFmpeg does not work there. @returns ends that */
export function quarantineUnfit(broker: ServiceBroker, guest: Guest): () => void {
  const node = nodeState(broker);
  return fitnessOf(guest).onChange((fault) => (fault === undefined ? node.release("ffmpeg") : node.quarantine("ffmpeg", fault)));
}

/** For a caller who can ask another node. */
export const unfitError = (): Error => fail("not_ready", "FFmpeg does not work on this node.");

/**
 * Runs what needs FFmpeg, where that works. `work` ends when `signal` does, and tells of the first sign of life by
 * `alive`; `failed` says of its result whether it may be the node's fault.
 * @throws not_ready, to be tried elsewhere, when FFmpeg does not work on this node
 */
export async function ifFit<T>(fitness: FfmpegFitness, outer: AbortSignal, work: (signal: AbortSignal, alive: () => void) => Promise<T>, failed: (result: T) => boolean): Promise<T> {
  if (fitness.fault() !== undefined) throw unfitError();
  const unfit = new AbortController();
  const doubt = setTimeout(() => {
    void fitness.examine().then((fault) => { if (fault !== undefined) unfit.abort(); });
  }, DOUBT_MS);
  try {
    const result = await work(AbortSignal.any([outer, unfit.signal]), () => clearTimeout(doubt));
    if (!outer.aborted && (unfit.signal.aborted || (failed(result) && (await fitness.examine()) !== undefined))) throw unfitError();
    return result;
  } finally {
    clearTimeout(doubt);
  }
}

/** @param trial resolves with what is wrong */
export function openFitness(trial: () => Promise<string | undefined>, { goodForMs = GOOD_FOR_MS, againMs = AGAIN_MS } = {}): FfmpegFitness {
  const listeners = new Set<(fault: string | undefined) => void>();
  let fault: string | undefined;
  let goodUntil = -Infinity;
  let looking: Promise<string | undefined> | undefined;

  async function look(): Promise<string | undefined> {
    const before = fault;
    fault = await trial().catch((error: unknown) => String(error));
    if (fault === undefined) goodUntil = performance.now() + goodForMs;
    else setTimeout(() => void once(), againMs).unref();
    if ((fault === undefined) !== (before === undefined)) for (const listener of listeners) listener(fault);
    return fault;
  }
  function once(): Promise<string | undefined> {
    looking ??= look().finally(() => { looking = undefined; });
    return looking;
  }
  return {
    fault: () => fault,
    async examine() {
      if (fault !== undefined) return fault;
      return performance.now() < goodUntil ? undefined : await once();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Encodes three frames of picture and sound, as every rung needs it, and looks at a picture. */
async function tryFfmpeg(guest: Guest): Promise<string | undefined> {
  const faults = await Promise.all([tryEncode(guest), tryProbe(guest)]);
  return faults.find((fault) => fault !== undefined);
}

async function tryProbe(guest: Guest): Promise<string | undefined> {
  const args = ["-v", "error", "-f", "lavfi", "-show_entries", "stream=width", "-of", "csv=p=0", "-i", "testsrc2=size=64x64:rate=25:duration=0.1"];
  const { stdout, stderr, fault } = await execGuest([...guest.start("ffprobe"), ...args], { timeoutMs: TRIAL_MS });
  if (fault === undefined) return stdout.toString().trim() === "64" ? undefined : "ffprobe finds nothing in a picture of its own.";
  return describeFault("ffprobe", fault, stderr);
}

async function tryEncode(guest: Guest): Promise<string | undefined> {
  const args = [
    "-nostdin", "-hide_banner", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-f", "lavfi", "-i", "sine=sample_rate=48000",
    "-frames:v", "3", "-t", "0.12", "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-c:a", "aac",
    "-movflags", "+empty_moov+default_base_moof", "-f", "mp4", "pipe:1",
  ];
  const { stdout, stderr, fault } = await execGuest([...guest.start("ffmpeg"), ...args], { timeoutMs: TRIAL_MS });
  if (fault === undefined) return stdout.length < MIN_BYTES ? "FFmpeg makes nothing of a picture of its own." : undefined;
  return describeFault("FFmpeg", fault, stderr);
}

function describeFault(program: string, fault: string, stderr: string): string {
  return fault === "too_long" ? `${program} hangs, also on a picture of its own.` : `${program} fails on a picture of its own: ${stderr.trim().split("\n").at(-1) || "without a word"}`;
}
