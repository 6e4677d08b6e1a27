/** Five minutes of a region's load. All figures are means over the part of it that was measured, but where said. */

export const SLOT_MS = 300_000;
export const DAY_MS = 86_400_000;
export const SLOTS_A_DAY = DAY_MS / SLOT_MS;

export interface LoadSlot {
  /** ms since 1970; a multiple of `SLOT_MS`. */
  at: number;
  /** Of it that were measured. */
  seconds: number;
  /** FFmpeg slots that viewers' encodes used or waited for (`look-at-load.ts`). */
  play: number;
  /** The most of them at one look. */
  peak: number;
  /** Slots that work in the background used. */
  background: number;
  /** Slot-seconds of work that waited in each lane, at the end. */
  queuedPlay: number;
  queuedNormal: number;
  queuedBulk: number;
  /** Cores' worth of processor that the transcoders' own processes used. */
  cpu: number;
  slots: number;
  transcoders: number;
  /** Absent: nobody counted them, or an older version measured. */
  bytes?: ByteRates;
}
/** Bytes a second, and the nodes with a gateway. */
export interface ByteRates {
  sent: number;
  stored: number;
  fetched: number;
  gateways: number;
}

/** null: not known. */
export const mbpsOf = (bytes: ByteRates | undefined): number | null => (bytes === undefined ? null : bytes.sent / 125_000);

const FIELDS = ["seconds", "play", "peak", "background", "queuedPlay", "queuedNormal", "queuedBulk", "cpu", "slots", "transcoders"] as const;
/** Behind those, where they were counted. A byte is a thousandth there, so that a day of a large region fits. */
const RATES = ["sent", "stored", "fetched"] as const;
const SCALE = 1_000;
/** More is a fault of whoever wrote it. */
const MAX_VALUE = 1e9;

/** As it is kept: its figures in order, comma-separated. */
export function formatSlot(slot: LoadSlot): string {
  const { bytes } = slot;
  const figures = FIELDS.map((name) => slot[name]);
  if (bytes !== undefined) figures.push(...RATES.map((name) => bytes[name] / SCALE), bytes.gateways);
  return figures.map((value) => Math.round(value * 1000) / 1000).join(",");
}

/** Undefined when it is none. One that was written before bytes were counted has none. */
export function parseSlot(at: number, text: unknown): LoadSlot | undefined {
  if (typeof text !== "string" || text.length > 250 || !Number.isSafeInteger(at) || at < 0 || at % SLOT_MS !== 0) return undefined;
  const values = text.split(",").map((part) => (/^\d{1,10}(\.\d{1,3})?$/.test(part) ? Number(part) : Number.NaN));
  if ((values.length !== FIELDS.length && values.length !== FIELDS.length + RATES.length + 1) || !values.every((value) => value <= MAX_VALUE)) return undefined;
  const slot = { at } as LoadSlot;
  FIELDS.forEach((name, i) => { slot[name] = values[i] ?? 0; });
  const [sent, stored, fetched, gateways] = values.slice(FIELDS.length);
  if (sent !== undefined && stored !== undefined && fetched !== undefined && gateways !== undefined) slot.bytes = { sent: Math.round(sent * SCALE), stored: Math.round(stored * SCALE), fetched: Math.round(fetched * SCALE), gateways };
  return slot.seconds > 0 && slot.seconds <= SLOT_MS / 1000 ? slot : undefined;
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
export const startOfDay = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** Of two who measured the same five minutes, who measured more of it, then who counted bytes: whatever the order, and however often. */
export function better(a: LoadSlot | undefined, b: LoadSlot | undefined): LoadSlot | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.seconds !== b.seconds) return a.seconds > b.seconds ? a : b;
  if ((a.bytes === undefined) !== (b.bytes === undefined)) return a.bytes === undefined ? b : a;
  return formatSlot(a) >= formatSlot(b) ? a : b;
}

/** By time; of several for one time the best. */
export function mergeSlots(...lists: readonly (readonly LoadSlot[])[]): LoadSlot[] {
  const merged = new Map<number, LoadSlot>();
  for (const slot of lists.flat()) {
    const kept = better(merged.get(slot.at), slot);
    if (kept !== undefined) merged.set(slot.at, kept);
  }
  return [...merged.values()].toSorted((a, b) => a.at - b.at);
}

/** A day's slots, as its object has them: `{"slots": {"<minutes of the day>": "<figures>"}}`. */
export function formatDay(slots: readonly LoadSlot[]): Buffer {
  const entries = slots.map((slot) => [String((slot.at % DAY_MS) / 60_000), formatSlot(slot)]);
  return Buffer.from(`${JSON.stringify({ v: 1, slots: Object.fromEntries(entries) })}\n`);
}

/** What cannot be read of it is left out. */
export function parseDay(day: string, bytes: Buffer | null): LoadSlot[] {
  if (bytes === null || bytes.length > 1_000_000) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
  } catch {
    return []; // a day that is damaged is one that was not measured
  }
  const entries = typeof parsed === "object" && parsed !== null && "slots" in parsed && typeof parsed.slots === "object" && parsed.slots !== null ? Object.entries(parsed.slots) : [];
  return parseEntries(day, entries);
}

/** @param entries by minutes of the day */
export function parseEntries(day: string, entries: readonly (readonly [string, unknown])[]): LoadSlot[] {
  const start = startOfDay(day);
  return entries.flatMap(([minutes, text]) => {
    const at = /^\d{1,4}$/.test(minutes) ? start + Number(minutes) * 60_000 : Number.NaN;
    const slot = at < start + DAY_MS ? parseSlot(at, text) : undefined;
    return slot ?? [];
  }).toSorted((a, b) => a.at - b.at);
}
