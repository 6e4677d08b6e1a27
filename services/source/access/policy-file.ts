/** The policy file as it is now: read at the start, and again whenever it changes. */
import { readFile } from "node:fs/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../../../config/errors.ts";
import { accessPolicy, type AccessPolicy } from "./access-policy.ts";
import { parsePolicy } from "./parse-policy.ts";

export interface LivePolicy {
  /** To be asked anew for each request. */
  current(): AccessPolicy;
  close(): void;
}

/** Looked at, not watched: a mounted file is often a link that is swapped, and network disks tell nothing. */
const LOOK_MS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * @param path undefined: defaults, for good
 * @param onChange after a new policy has come into force
 * @throws Error naming every fault of a file that cannot be used at the start; later such a file changes nothing, and the log says so
 */
export async function openPolicyFile(path: string | undefined, logger: Pick<Logger, "info" | "error">, onChange: (policy: AccessPolicy) => void = () => undefined, lookMs = LOOK_MS): Promise<LivePolicy> {
  if (path === undefined) {
    const policy = accessPolicy({});
    return { current: () => policy, close: () => undefined };
  }
  let text: string;
  let policy: AccessPolicy;
  try {
    text = await readText(path);
    policy = accessPolicy(parsePolicy(text));
  } catch (error) {
    throw startFault(path, error);
  }
  logger.info(`The source policy is ${path}.`);
  let seen = text;
  let lastFault = "";
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const now = await readText(path);
      const settled = now === seen; // half of a file that is being written may be a good policy, and another
      seen = now;
      if (now === text || !settled) return;
      text = now; // a faulty one is told once
      policy = accessPolicy(parsePolicy(now));
      logger.info("The source policy has changed, and is in force.");
      onChange(policy);
      lastFault = "";
    } catch (error) {
      const fault = errorMessage(error);
      if (fault !== lastFault) logger.error(`The source policy stays as it was: ${path}: ${fault}`);
      lastFault = fault;
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return { current: () => policy, close: () => clearInterval(timer) };
}

/** One sentence, for whoever starts the node: its stack says nothing that helps them. */
function startFault(path: string, error: unknown): Error {
  return new Error(`LECTERN_SOURCE_POLICY: ${path}: ${errorMessage(error)}`);
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
  return bytes.toString("utf8");
}
