/** The gateway's certificate as it is now: read at the start, and again whenever its files change, so that it is renewed without a restart. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Logger } from "moleculer";
import { errorMessage } from "../../config/errors.ts";

/** PEM. */
export interface Pair { cert: string; key: string }

export interface LiveCertificate {
  /** As it was at the start. */
  readonly pair: Pair;
  close(): void;
}

/** Looked at, not watched: a mounted file is often a link that is swapped. */
const LOOK_MS = 2_000;

/**
 * @param onRenewed what is to be shown from now on
 * @throws Error with what is wrong with the pair at the start; a faulty one later changes nothing, and the log says so
 */
export async function openCertificate(files: Pair, logger: Pick<Logger, "info" | "error">, onRenewed: (pair: Pair) => void, lookMs = LOOK_MS): Promise<LiveCertificate> {
  const pair = await readPair(files);
  const fault = findPairFault(pair);
  if (fault !== undefined) throw new Error(`LECTERN_TLS_CERT and LECTERN_TLS_KEY: ${fault}.`);
  let [shown, seen] = [pair, pair];
  let lastFault = "";
  let looking = false;
  const renew = async (): Promise<void> => {
    const now = await readPair(files);
    const settled = isSame(now, seen); // of two files that are being written, one may still be the old
    seen = now;
    if (isSame(now, shown) || !settled) return;
    const wrong = findPairFault(now) ?? findExpiry(now);
    if (wrong !== undefined) throw new Error(wrong);
    shown = now;
    lastFault = "";
    onRenewed(now);
    logger.info(`The gateway's certificate has been renewed; it is good until ${until(now)}.`);
  };
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      await renew();
    } catch (error) {
      const wrong = errorMessage(error);
      if (wrong !== lastFault) logger.error(`The gateway's certificate stays as it was: ${wrong}`);
      lastFault = wrong;
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), lookMs);
  timer.unref();
  return { pair, close: () => clearInterval(timer) };
}

async function readPair({ cert, key }: Pair): Promise<Pair> {
  return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") };
}

function isSame(a: Pair, b: Pair): boolean {
  return a.cert === b.cert && a.key === b.key;
}

function findPairFault({ cert, key }: Pair): string | undefined {
  let found: X509Certificate;
  try {
    found = new X509Certificate(cert);
  } catch {
    return "the certificate is none, in PEM";
  }
  try {
    return found.checkPrivateKey(createPrivateKey(key)) ? undefined : "the key is not that of the certificate";
  } catch {
    return "the key is none, in PEM and without a password";
  }
}

function findExpiry(pair: Pair): string | undefined {
  return Date.parse(until(pair)) < Date.now() ? `the new one expired on ${until(pair)}` : undefined;
}

function until({ cert }: Pair): string {
  return new Date(new X509Certificate(cert).validTo).toISOString();
}
