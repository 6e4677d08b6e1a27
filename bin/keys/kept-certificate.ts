/** A certificate and its key in two files, made when they are missing or no longer what is wanted. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { writeSecretFile } from "../start/secret-file.ts";
import { issueCertificate, type Issued, type Request } from "./authority.ts";

/** Less than this is left: it is made anew, so that a daily `npm run keys` is all that renewal takes. */
const RENEW_MS = 30 * 86_400_000;

/** @param path without its ending: `.crt` and `.key` are put to it @returns whether it was made now */
export async function keepCertificate(path: string, authority: Issued, request: Request, anew: boolean): Promise<boolean> {
  if (!anew && isGood(path, authority, request)) return false;
  const made = await issueCertificate(authority, request, Date.now());
  writeSecretFile(`${path}.key`, made.key);
  writeSecretFile(`${path}.crt`, made.cert);
  return true;
}

function isGood(path: string, authority: Issued, { hosts }: Request): boolean {
  if (!existsSync(`${path}.crt`) || !existsSync(`${path}.key`)) return false;
  try {
    const cert = new X509Certificate(readFileSync(`${path}.crt`));
    return cert.checkPrivateKey(createPrivateKey(readFileSync(`${path}.key`)))
      && cert.verify(new X509Certificate(authority.cert).publicKey)
      && Date.parse(cert.validTo) - Date.now() > RENEW_MS
      && hosts.every((host) => (isIP(host) === 0 ? cert.checkHost(host) : cert.checkIP(host)) !== undefined)
      && (cert.subjectAltName ?? "").split(", ").filter((name) => name !== "").length === hosts.length;
  } catch {
    return false; // it was cut short, or is something else
  }
}
