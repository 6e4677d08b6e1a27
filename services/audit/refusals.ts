/**
 * Refused attempts, counted by who tried what from where, and recorded once a minute: whoever is refused a million times makes
 * no more records than who is refused once, and all strangers together no more than so many.
 */
import type { AuditEntry, Refusal } from "../../config/audit-sink.ts";

/** In a minute; those beyond are counted together. */
const MAX_KINDS = 100;

export function countRefusals(note: (entry: AuditEntry) => void, now: () => Date, maxKinds = MAX_KINDS) {
  const counts = new Map<string, AuditEntry & { count: number }>();

  return {
    add({ code, subject, from, asked }: Refusal): void {
      const id = JSON.stringify([code, subject, from, asked]);
      const known = counts.get(id) ?? (counts.size < maxKinds ? undefined : counts.get(""));
      if (known !== undefined) {
        known.count++;
        return;
      }
      const isOne = counts.size < maxKinds;
      counts.set(isOne ? id : "", {
        type: "refused", count: 1, since: now().toISOString(), result: code,
        ...(isOne ? { action: asked, who: { subject }, ...(from === undefined ? {} : { from }) } : { result: "refused", who: { subject: "others" } }),
      });
    },
    flush(): void {
      for (const entry of counts.values()) note(entry);
      counts.clear();
    },
  };
}

export type Refusals = ReturnType<typeof countRefusals>;
