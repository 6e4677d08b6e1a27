/** The Ed25519 keys that sign the log. A key that follows another is signed by that one, so that who trusts the first trusts it. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";

/** The public half, as everybody may have it. */
export interface KeyCertificate {
  kind: "key";
  v: 1;
  /** The first 32 hexadecimal digits of the SHA-256 of `publicKey`'s bytes. */
  key: string;
  /** SubjectPublicKeyInfo (DER) in base64. */
  publicKey: string;
  at: string;
  /** The key before it; absent: nobody but who knows it vouches for it. */
  signedBy?: string;
  /** By that key, over all but this. */
  signature?: string;
}

export interface SigningKey {
  readonly certificate: KeyCertificate;
  /** With `key` and `signature`. */
  sign<T extends object>(statement: T): T & Signed;
}
export interface Signed { key: string; signature: string }
/** What is kept in the file. */
interface KeyFile { certificate: KeyCertificate; privateKey: string }

const spki = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("base64");
export const keyIdOf = (publicKey: string): string => createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("hex").slice(0, 32);

/** @param before the key that this one follows @returns the text of its file */
export function makeSigningKey(now: Date, before?: SigningKey): string {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const text = spki(publicKey);
  const plain: KeyCertificate = { kind: "key", v: 1, key: keyIdOf(text), publicKey: text, at: now.toISOString() };
  const certificate = before === undefined ? plain : certify(plain, before);
  return `${JSON.stringify({ certificate, privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() } satisfies KeyFile, null, 2)}\n`;
}

function certify(plain: KeyCertificate, before: SigningKey): KeyCertificate {
  const { key } = plain;
  const { signature } = before.sign({ ...plain, signedBy: before.certificate.key, certified: key });
  return { ...plain, signedBy: before.certificate.key, signature };
}

/** Whether `by` says that the certificate's key follows it. */
export function isCertifiedBy(certificate: KeyCertificate, by: KeyCertificate): boolean {
  const { signature, ...plain } = certificate;
  if (certificate.signedBy !== by.key || signature === undefined) return false;
  const statement = { ...plain, certified: plain.key, key: by.key, signature };
  return isSignedBy(statement, by);
}

/** @throws Error when the text is no file of a key */
export function parseSigningKey(text: string): SigningKey {
  const { certificate, privateKey } = JSON.parse(text) as KeyFile;
  const secret = createPrivateKey(privateKey);
  const own = spki(createPublicKey(secret));
  if (secret.asymmetricKeyType !== "ed25519" || certificate.publicKey !== own || certificate.key !== keyIdOf(own)) throw new Error("its two halves do not belong together");
  return {
    certificate,
    sign(statement) {
      const signed = { ...statement, key: certificate.key };
      return { ...signed, signature: sign(null, Buffer.from(canonicalJson(signed)), secret).toString("base64") };
    },
  };
}

/** Whether this key signed all of the statement. False for whatever is not well-formed. */
export function isSignedBy(statement: object & Partial<Signed>, { key, publicKey }: Pick<KeyCertificate, "key" | "publicKey">): boolean {
  const { signature, ...plain } = statement;
  if (statement.key !== key || typeof signature !== "string") return false;
  if (Buffer.from(signature, "base64").toString("base64") !== signature) return false; // base64 has other spellings of the same bytes
  try {
    return verify(null, Buffer.from(canonicalJson(plain)), createPublicKey({ key: Buffer.from(publicKey, "base64"), type: "spki", format: "der" }), Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

/** A public key as PEM, a certificate, or the file of a key, of which only the public half is taken. @throws Error */
export function parsePublicKey(text: string): KeyCertificate {
  const trimmed = text.trim();
  if (trimmed.startsWith("-----BEGIN PUBLIC KEY-----")) {
    const publicKey = spki(createPublicKey(trimmed));
    return { kind: "key", v: 1, key: keyIdOf(publicKey), publicKey, at: "" };
  }
  const value = JSON.parse(trimmed) as Partial<KeyFile> & Partial<KeyCertificate>;
  const { publicKey } = value.certificate ?? value;
  if (typeof publicKey !== "string") throw new Error("there is no public key in it");
  return { ...(value.certificate ?? (value as KeyCertificate)), key: keyIdOf(publicKey), publicKey };
}
