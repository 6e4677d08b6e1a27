/** Another signing key in the place of one, which signs it. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { errorMessage } from "../../config/errors.ts";
import { makeSigningKey, parseSigningKey, type SigningKey } from "../../services/audit/chain/signing-key.ts";
import { StartError } from "../start/start-error.ts";

/** @throws StartError */
export function readSigningKey(path: string): SigningKey {
  try {
    return parseSigningKey(readFileSync(path, "utf8"));
  } catch (error) {
    throw new StartError(`${path} holds no key of an audit log: ${errorMessage(error)}`);
  }
}

/** The file has the one or the other, whatever happens; the one before stays beside it. @returns the new key */
export function rotateKey(path: string, now: Date): SigningKey {
  const before = readSigningKey(path);
  const text = makeSigningKey(now, before);
  writeSecret(`${path}.${before.certificate.key}`, readFileSync(path, "utf8"));
  writeSecret(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return parseSigningKey(text);
}

function writeSecret(path: string, text: string): void {
  const file = openSync(path, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
