/** Pure: what was found and done when keys were wrapped anew, as lines to read. */
import type { EnvelopesReport } from "../../services/storage/encryption/rewrap-envelopes.ts";
import type { RewrapReport } from "../../services/storage/encryption/rewrap-keys.ts";

export function formatRewrap(units: RewrapReport, envelopes: EnvelopesReport, { firstId, check }: { firstId: string; check: boolean }): string[] {
  const of = (report: RewrapReport | EnvelopesReport, whose: string, what: string): string[] => {
    const { wrappedBy, older, locked, failed } = report;
    return [
      ...Object.entries(wrappedBy).map(([by, count]) => `  ${count} keys of ${whose} wrapped by ${by}${by === firstId ? "" : " still"}`),
      ...(older > 0 ? [`  ${older} older versions of ${what} ${check || failed.length > 0 ? "are there, as they were then" : "were removed"}.`] : []),
      ...(locked > 0 ? [`  ${locked} older versions of ${what} are kept by a lock of the store.`] : []),
      ...(failed.length > 0 ? [`Not to be had: ${failed.length}`, ...failed.map((line) => `  ${line}`)] : []),
    ];
  };
  return [
    ...of(units, "videos and uploads", "videos' and uploads' keys"), ...of(envelopes, "webhooks", "webhooks' parts"),
    `  ${units.rewrapped + envelopes.rewrapped} were rewrapped; ${units.orphans} of nothing ${check ? "are there" : "were taken away"}.`,
    ...(envelopes.plain > 0 ? [`  ${envelopes.plain} parts of webhooks ${check ? "are plain" : "were plain, and are encrypted now"}.`] : []),
  ];
}
