/** The screening policy as it is now: read at the start, and again whenever its file changes. */
import { readFile } from "node:fs/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";
import { parseScreeningPolicy, screeningPolicy, type ScreeningPolicy } from "./policy.ts";

export interface LivePolicy {
  /** To be asked anew for each video. */
  current(): ScreeningPolicy;
  close(): void;
}

/** Looked at, not watched: a mounted file is often a link that is swapped, and network disks tell nothing. */
const LOOK_MS = 2_000;
const MAX_BYTES = 1024 * 1024;

/**
 * @param path undefined: defaults, for good
 * @throws Error naming every fault of a file that cannot be used at the start; later such a file changes nothing, and the log says so
 */
export async function openScreeningPolicy(path: string | undefined, logger: Pick<Logger, "info" | "error">, lookMs = LOOK_MS): Promise<LivePolicy> {
  if (path === undefined) {
    const policy = screeningPolicy({});
    return { current: () => policy, close: () => undefined };
  }
  let text = "";
  let policy: ScreeningPolicy;
  try {
    text = await readText(path);
    policy = parseScreeningPolicy(text);
  } catch (error) {
    throw new Error(`LECTERN_SCREENING_POLICY: ${path}: ${errorMessage(error)}`, { cause: error });
  }
  let seen = text;
  let lastFault = "";
  const look = async (): Promise<void> => {
    try {
      const now = await readText(path);
      const settled = now === seen; // half of a file that is being written may be a good policy, and another
      seen = now;
      if (now === text || !settled) return;
      text = now;
      policy = parseScreeningPolicy(now);
      logger.info("The screening policy has changed, and is in force for new videos.");
      lastFault = "";
    } catch (error) {
      const fault = errorMessage(error);
      if (fault !== lastFault) logger.error(`The screening policy stays as it was: ${path}: ${fault}`);
      lastFault = fault;
    }
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return { current: () => policy, close: () => clearInterval(timer) };
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
  return bytes.toString("utf8");
}
