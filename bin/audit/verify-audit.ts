/** Verifies an export, and says in words what was found. */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { errorMessage } from "../../config/errors.ts";
import type { Checkpoint } from "../../services/audit/chain/chain.ts";
import { parsePublicKey, type KeyCertificate } from "../../services/audit/chain/signing-key.ts";
import { verifyLog, type Report, type Verdict } from "../../services/audit/verify/verify-log.ts";
import { StartError } from "../start/start-error.ts";

const SHOWN = 20;
const SENTENCES: Readonly<Record<Verdict, string>> = {
  intact: "INTACT: it is what was written; nothing was changed, left out or added.",
  tampered: "TAMPERED: it is not what was written.",
  unproven: "UNPROVEN: it fits together, but without a trusted key (--key) anybody could have written it.",
  incomplete: "INCOMPLETE: the export breaks off; fetch it again.",
};
export const EXIT_CODES: Readonly<Record<Verdict, number>> = { intact: 0, tampered: 1, unproven: 2, incomplete: 2 };

/** @param own the key of this machine's mesh, for when none is named @throws StartError for a file that cannot be used */
export async function verifyFile(file: string, keys: readonly string[], own: string, since: string | undefined): Promise<Report> {
  const named = keys.length > 0 ? keys : existsSync(own) ? [own] : [];
  const trusted = named.map(readKey);
  const known = since === undefined ? undefined : await readCheckpoint(since);
  return await verifyLog(linesOf(file), { trusted, ...(known === undefined ? {} : { known }) });
}

export function formatReport({ verdict, faults, faultCount, counts, lastCheckpoint }: Report): string {
  const { records, chains, heads, checkpoints, keys, droppedDays, open, unended } = counts;
  return [
    `Checked ${records} records of ${chains} chains, ${heads} signed heads, ${checkpoints} checkpoints, ${keys} keys, ${droppedDays} days that are no longer kept.`,
    `${open} chains have no end: their processes run, or were killed. Of ${unended} changes it is not known what came of them.`,
    ...(lastCheckpoint === undefined ? [] : [`The last checkpoint is ${lastCheckpoint.n}, of ${lastCheckpoint.at}: ${lastCheckpoint.hash}`]),
    ...faults.slice(0, SHOWN).map(({ line, check, message }) => `  line ${line}: ${message} (${check})`),
    ...(faultCount > SHOWN ? [`  and ${faultCount - SHOWN} more`] : []),
    SENTENCES[verdict],
  ].join("\n");
}

function readKey(path: string): KeyCertificate {
  try {
    return parsePublicKey(readFileSync(path, "utf8"));
  } catch (error) {
    throw new StartError(`${path} holds no public key: ${errorMessage(error)}`);
  }
}

/** The last one in the file. */
async function readCheckpoint(path: string): Promise<Checkpoint> {
  let last: Checkpoint | undefined;
  for await (const line of linesOf(path)) {
    if (line.includes("\"kind\":\"checkpoint\"")) last = JSON.parse(line) as Checkpoint;
  }
  if (last === undefined) throw new StartError(`There is no checkpoint in ${path}.`);
  return last;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  } catch (error) {
    throw new StartError(`${path} cannot be read: ${errorMessage(error)}`);
  }
}
