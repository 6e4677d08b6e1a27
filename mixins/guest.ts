/**
 * FFmpeg and ffprobe as guests of this node: finds out once which sandbox works here, and says how each run is started.
 * All services of a node share it.
 */
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "moleculer";
import type { Config } from "../config/config.ts";
import { errorMessage } from "../config/errors.ts";
import { guardOptions, type Allowed, type InputLimits } from "../media/ffmpeg/guest.ts";
import { holesWarning } from "../media/ffmpeg/known-holes.ts";
import { GUEST_VARIABLES, guestCommand, guestInput, type GuestInput, type GuestRun, type Sandbox } from "../media/ffmpeg/sandbox.ts";
import { execGuest } from "./exec-guest.ts";
import { GUEST_MARK, postWarden } from "./guest-warden.ts";

export interface GuestSettings {
  /** `auto`: the best that works here; `bwrap`: nothing less. */
  sandbox: "auto" | "bwrap" | "limits";
  ffmpegPath: string;
  ffprobePath: string;
  inputLimits: InputLimits;
}

export type GuestOptions = Partial<Pick<GuestRun, "hardware" | "limits" | "writes">>;

export interface Guest {
  readonly sandbox: Sandbox;
  /** First line of `ffmpeg -version`. */
  readonly version: string;
  readonly ffmpegPath: string;
  /** What GUEST_SCRIPT is given before the program's own arguments. `reads`: its input, as `-i` takes it; absent: none. */
  start(program: "ffmpeg" | "ffprobe", reads?: string, options?: GuestOptions): string[];
  /** What guards the input named by `reads`, before its `-i`. */
  guard(reads: string, allowed?: Allowed): string[];
}

/** A cold disk has FFmpeg's two hundred libraries to read. */
const TRIAL_MS = 20_000;
const NOTHING: GuestInput = { kind: "stdin" };

const opened = new Map<string, Promise<Guest>>();

export function guestSettings({ sandbox, ffmpegPath, ffprobePath, maxPixels, maxStreams }: Config): GuestSettings {
  return { sandbox, ffmpegPath: programPath(ffmpegPath), ffprobePath: programPath(ffprobePath), inputLimits: { maxPixels, maxStreams } };
}

/** A name is looked up in PATH; a path must not depend on a folder, the sandbox has its own. */
const programPath = (program: string): string => (program.includes("/") ? resolve(program) : program);

/** Tried once a process; who asks first has it in the log. @throws Error when FFmpeg does not start, or not in the sandbox that is demanded */
export async function openGuest(settings: GuestSettings, logger: Pick<Logger, "info" | "warn">): Promise<Guest> {
  const key = JSON.stringify(settings);
  const opening = opened.get(key) ?? tryGuest(settings, logger);
  opened.set(key, opening);
  try {
    return await opening;
  } catch (error) {
    opened.delete(key); // it may be installed by the time of another try
    throw error;
  }
}

async function tryGuest(settings: GuestSettings, logger: Pick<Logger, "info" | "warn">): Promise<Guest> {
  const faults: string[] = [];
  postWarden(logger);
  for (const sandbox of candidates(settings.sandbox)) {
    try {
      const guest = guestIn(sandbox, settings);
      const [version] = await Promise.all([firstLine(guest, "ffmpeg"), firstLine(guest, "ffprobe")]);
      logger.info(describe(sandbox, faults));
      const warning = holesWarning(version);
      if (warning !== undefined) logger.warn(warning);
      return { ...guest, version };
    } catch (error) {
      faults.push(`${sandbox}: ${errorMessage(error)}`);
    }
  }
  throw new Error(settings.sandbox === "bwrap"
    ? `LECTERN_SANDBOX is bwrap, and FFmpeg does not start in bubblewrap here: ${faults.join("; ")}`
    : `FFmpeg does not start: ${faults.join("; ")}`);
}

function candidates(choice: GuestSettings["sandbox"]): Sandbox[] {
  switch (choice) {
    case "auto": return ["bwrap", "setpriv", "none"];
    case "bwrap": return ["bwrap"];
    case "limits": return ["setpriv", "none"];
    default: return choice satisfies never;
  }
}

function describe(sandbox: Sandbox, faults: readonly string[]): string {
  const why = faults.length === 0 ? "" : ` (${faults.join("; ")})`;
  switch (sandbox) {
    case "bwrap": return "FFmpeg runs in a sandbox (bubblewrap): it sees no files, no processes, and no network unless it reads through this node's own door.";
    case "setpriv": return `FFmpeg runs with limits, but without a sandbox${why}.`;
    case "none": return `FFmpeg runs with limits, but without a sandbox, and may outlive a killed node for a moment${why}.`;
    default: return sandbox satisfies never;
  }
}

function guestIn(sandbox: Sandbox, settings: GuestSettings): Omit<Guest, "version"> {
  const environment = Object.fromEntries([...GUEST_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }), [GUEST_MARK.name, GUEST_MARK.value]]);
  const terminal = hasTerminal();
  return {
    sandbox,
    ffmpegPath: settings.ffmpegPath,
    start: (program, reads, { hardware = false, ...rest } = {}) => guestCommand({
      sandbox, program: program === "ffmpeg" ? settings.ffmpegPath : settings.ffprobePath,
      reads: reads === undefined ? NOTHING : guestInput(reads), hardware, terminal, environment, ...rest,
    }),
    guard: (reads, allowed) => guardOptions(guestInput(reads).kind, settings.inputLimits, allowed),
  };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false; // ENXIO: this process has none
  }
}

/** The trial: the program starts, as it will for every run. */
async function firstLine(guest: Omit<Guest, "version">, program: "ffmpeg" | "ffprobe"): Promise<string> {
  const { stdout, stderr, fault } = await execGuest([...guest.start(program), "-version"], { timeoutMs: TRIAL_MS });
  if (fault === undefined) return stdout.toString().split("\n")[0] ?? "";
  throw new Error(stderr.trim().split("\n").at(-1) || (fault === "too_long" ? "it took too long" : "it failed without a word"));
}
