/** Certificates for 127.0.0.1 that are good, and that are bad in one way each; made by openssl. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** PEM. */
export interface KeyPair { key: string; cert: string }

export interface Certificates {
  /** Signed by an authority that this process trusts until `forget`. */
  good: KeyPair;
  otherName: KeyPair;
  expired: KeyPair;
  selfSigned: KeyPair;
  /** By an authority that nobody trusts. */
  unknownAuthority: KeyPair;
  /** Trusts as before. */
  forget(): void;
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const OWN_NAME = "subjectAltName=IP:127.0.0.1";

export async function makeCertificates(): Promise<Certificates> {
  const dir = await mkdtemp(join(tmpdir(), "certificates-"));
  const file = (name: string): string => join(dir, name);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  async function make(name: string, altName: string, days: number, authority?: string): Promise<KeyPair> {
    const [key, request, cert, extensions] = ["key", "csr", "pem", "ext"].map((kind) => file(`${name}.${kind}`)) as [string, string, string, string];
    openssl("req", "-new", ...NEW_KEY, "-keyout", key, "-out", request, "-subj", `/CN=${name}`, "-addext", altName);
    const signer = authority === undefined ? ["-signkey", key] : ["-CA", file(`${authority}.pem`), "-CAkey", file(`${authority}.key`), "-CAcreateserial"];
    await writeFile(extensions, altName);
    openssl("x509", "-req", "-in", request, ...signer, "-days", String(days), "-extfile", extensions, "-out", cert);
    return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  }
  try {
    for (const name of ["authority", "stranger"]) openssl("req", "-x509", ...NEW_KEY, "-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), "-days", "2", "-subj", `/CN=${name}`);
    const trusted = getCACertificates("default");
    const made = {
      good: await make("good", OWN_NAME, 2, "authority"),
      otherName: await make("other", "subjectAltName=DNS:other.example", 2, "authority"),
      expired: await make("expired", OWN_NAME, -1, "authority"),
      selfSigned: await make("self", OWN_NAME, 2),
      unknownAuthority: await make("unknown", OWN_NAME, 2, "stranger"),
    };
    setDefaultCACertificates([...trusted, await readFile(file("authority.pem"), "utf8")]);
    return { ...made, forget: () => setDefaultCACertificates(trusted) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
