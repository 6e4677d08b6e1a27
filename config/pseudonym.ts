/**
 * Names for persons and addresses that say which are the same, and not whose they are: an HMAC under a key of the installation.
 * They stay personal data: whoever has the key can try names until one fits.
 */
import { createHmac, hkdfSync, randomBytes } from "node:crypto";

export interface Pseudonyms {
  /** `p:` and 32 hexadecimal digits. `kind` keeps the same text of two kinds apart. */
  of(kind: "login" | "address" | "value", text: string): string;
  /** A `Caller.subject`, by its pseudonym where it names a person; keys' ids and our own words stay. */
  ofSubject(subject: string): string;
}

const PERSON = /^login:/;
/** Whom things are filed by: a pseudonym, or an API key. */
const PERSON_ID = /^(p:[0-9a-f]{32}|key:[0-9a-f]{20})$/;

/** A `Caller.subject` that one person stands behind; undefined: none (the admin key, a node, anybody). */
export function personOf(subject: string | undefined): string | undefined {
  return subject !== undefined && PERSON_ID.test(subject) ? subject : undefined;
}

/**
 * @param secret LECTERN_PSEUDONYM_KEY, else the mesh's secret; undefined: one of this process alone, for anything else could be
 * guessed, so that nothing has the same pseudonym on another node or after a restart
 */
export function openPseudonyms(secret: string | undefined, namespace: string): Pseudonyms {
  const key = Buffer.from(hkdfSync("sha256", secret ?? randomBytes(32), namespace, "lectern pseudonyms", 32));
  const of: Pseudonyms["of"] = (kind, text) => `p:${createHmac("sha256", key).update(`${kind}\0${text}`).digest("hex").slice(0, 32)}`;
  return { of, ofSubject: (subject) => (PERSON.test(subject) ? of("login", subject) : subject) };
}
