/** Whose signatures count: those of keys that were given, and of keys that such a key has signed, however long ago. */
import { isCertifiedBy, isSignedBy, keyIdOf, type KeyCertificate } from "../chain/signing-key.ts";

export type Standing = "good" | "wrong" | "stranger";

/** @param given what the person who verifies trusts; none: every key that comes without another's word is believed */
export function openTrust(given: readonly KeyCertificate[]) {
  const trusted = new Map(given.map((certificate) => [certificate.key, certificate]));
  const shown = new Map<string, KeyCertificate>();

  function find(key: string, tried: readonly string[] = []): KeyCertificate | undefined {
    const known = trusted.get(key);
    if (known !== undefined) return known;
    const certificate = shown.get(key);
    if (certificate === undefined || tried.includes(key)) return undefined;
    if (certificate.signedBy === undefined) return given.length === 0 ? certificate : undefined;
    const before = find(certificate.signedBy, [...tried, key]);
    return before !== undefined && isCertifiedBy(certificate, before) ? certificate : undefined;
  }

  return {
    /** False when it is not what it says. */
    show(certificate: KeyCertificate): boolean {
      if (typeof certificate.publicKey !== "string" || keyIdOf(certificate.publicKey) !== certificate.key) return false;
      shown.set(certificate.key, certificate);
      return true;
    },
    /** Of a signed statement. */
    judge(statement: { key?: string; signature?: string }): Standing {
      const key = find(statement.key ?? "");
      if (key === undefined) return "stranger";
      return isSignedBy(statement, key) ? "good" : "wrong";
    },
  };
}

export type Trust = ReturnType<typeof openTrust>;
