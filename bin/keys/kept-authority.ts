/** The mesh's authority: key and certificate in one file, so that there are never halves of two. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeSecretFile } from "../start/secret-file.ts";
import { StartError } from "../start/start-error.ts";
import { makeAuthority, type Issued } from "./authority.ts";
import { openPrivateFolder } from "./private-folder.ts";

export interface Authority {
  own: Issued;
  /** Certificates that are believed, PEM: its own, and, until the next rotation, that of the one before it. */
  trusted: string;
}

/** @throws StartError when the file holds something else */
export async function keepAuthority(dir: string, namespace: string, anew: boolean): Promise<{ authority: Authority; made: string[] }> {
  const folder = join(dir, "authority");
  const [path, previous] = [join(folder, "authority.pem"), join(folder, "previous.crt")];
  openPrivateFolder(folder);
  const found = existsSync(path) ? parseAuthority(path) : undefined;
  if (found !== undefined && anew) writeSecretFile(previous, found.cert);
  const own = found === undefined || anew ? await makeAuthority(namespace, Date.now()) : found;
  if (own !== found) writeSecretFile(path, `${own.cert}${own.key}`);
  const before = existsSync(previous) ? readFileSync(previous, "utf8") : "";
  return { authority: { own, trusted: before === own.cert ? own.cert : `${own.cert}${before}` }, made: own === found ? [] : ["authority/authority.pem"] };
}

function parseAuthority(path: string): Issued {
  const text = readFileSync(path, "utf8");
  const [cert, key] = ["CERTIFICATE", "PRIVATE KEY"].map((kind) => new RegExp(`-----BEGIN ${kind}-----[^-]+-----END ${kind}-----\n`).exec(text)?.[0] ?? "");
  try {
    if (cert !== undefined && key !== undefined && new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
  } catch {
    // said below
  }
  throw new StartError(`${path} does not hold an authority's certificate and its key: put it back, or remove the folder it is in, and all certificates are made anew.`);
}
