/** An authority of the mesh's own, and certificates by it: X.509, EC P-256. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import "reflect-metadata"; // which the package below expects to be there
import * as x509 from "@peculiar/x509";

/** PEM. */
export interface Issued { cert: string; key: string }
export type Usage = "server" | "client";
export interface Request {
  /** For people; nothing is decided by it. */
  name: string;
  usages: readonly Usage[];
  /** Names and addresses that it is good for. */
  hosts: readonly string[];
}

/** The package's own view of Web Crypto: its types and Node's are not the same. */
const { subtle } = x509.cryptoProvider.get();
const DAY_MS = 86_400_000;
export const AUTHORITY_DAYS = 3_650;
export const CERTIFICATE_DAYS = 365;
/** Clocks may be behind by so much. */
const SKEW_MS = 3_600_000;
const KEY = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const USAGES = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth };

export async function makeAuthority(namespace: string, now: number): Promise<Issued> {
  const keys = await makeKeyPair();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    keys, name: `CN=Lectern authority of ${namespace}`, serialNumber: serial(), signingAlgorithm: SIGNATURE, ...validity(now, AUTHORITY_DAYS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

/** @param days negative: one that has expired, for tests */
export async function issueCertificate(authority: Issued, { name, usages, hosts }: Request, now: number, days = CERTIFICATE_DAYS): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.cert);
  const signingKey = await subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(authority.key), KEY, false, ["sign"]);
  const keys = await makeKeyPair();
  const cert = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`, issuer: issuer.subject, publicKey: keys.publicKey, signingKey, serialNumber: serial(), signingAlgorithm: SIGNATURE, ...validity(now, days),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
      ...(hosts.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" as const : "ip" as const, value })))]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: pem(cert), key: await exportKey(keys.privateKey) };
}

async function makeKeyPair(): Promise<CryptoKeyPair> {
  return await subtle.generateKey(KEY, true, ["sign", "verify"]);
}

async function exportKey(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

function pem(cert: x509.X509Certificate): string {
  return `${cert.toString("pem")}\n`;
}

/** RFC 5280 4.1.2.2: positive, at most 20 octets. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function validity(now: number, days: number): { notBefore: Date; notAfter: Date } {
  const notAfter = new Date(now + days * DAY_MS);
  return { notBefore: new Date(Math.min(now, notAfter.getTime()) - SKEW_MS), notAfter };
}
