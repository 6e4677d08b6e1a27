/** Where the keys come from that open the keys of videos and uploads: `file:<path>`, `env:<NAME>`, `kms:<key id>`, or several. */
import { resolve } from "node:path";

export type StoreKeySource = { kind: "file"; path: string } | {
  kind: "env";
  /** Of a variable with what a file would hold. */
  name: string;
} | {
  kind: "kms";
  /** As AWS KMS takes it: an id, an ARN or an alias. */
  keyId: string;
};

/** Unknown LECTERN_ names end a node's start, so the variable's is another. */
const FORM = /^(file:.+|env:(?!LECTERN_)[A-Za-z_][A-Za-z0-9_]*|kms:[A-Za-z0-9:/_-]+)$/;
/** Nothing is encrypted, and `npm start` makes no key. */
const NONE = "none";

const partsOf = (value: string): string[] => value.split(",").map((part) => part.trim());

export function isStoreKeysText(value: string): boolean {
  return value === NONE || partsOf(value).every((part) => FORM.test(part));
}

/** @param value of the form above; undefined: no keys @returns the first wraps, all unwrap; paths are absolute */
export function parseStoreKeys(value: string | undefined): StoreKeySource[] {
  if (value === undefined || value === NONE) return [];
  return partsOf(value).map((part) => {
    const rest = part.slice(part.indexOf(":") + 1);
    if (part.startsWith("file:")) return { kind: "file", path: resolve(rest) };
    return part.startsWith("env:") ? { kind: "env", name: rest } : { kind: "kms", keyId: rest };
  });
}

/** The inverse of `parseStoreKeys`, for another process. */
export function formatStoreKeys(sources: readonly StoreKeySource[]): string {
  return sources.length === 0 ? NONE : sources.map((source) => `${source.kind}:${source.kind === "file" ? source.path : source.kind === "env" ? source.name : source.keyId}`).join(",");
}
