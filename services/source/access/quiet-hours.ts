/** Hours in which an origin is left alone, on the clock of its time zone. Pure. */

/** Minutes of the day; `until` before `from`: over midnight. */
export interface QuietHours { from: number; until: number; zone: string }

const DAY = 24 * 60;

/** `22:00-06:00 Europe/Berlin`; no zone: UTC. Undefined for anything else. */
export function parseQuietHours(text: string): QuietHours | undefined {
  const match = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})(?: (\S+))?$/.exec(text);
  if (match === null) return undefined;
  const [fromHour = 0, fromMinute = 0, untilHour = 0, untilMinute = 0] = match.slice(1, 5).map(Number);
  const hours = { from: fromHour * 60 + fromMinute, until: untilHour * 60 + untilMinute, zone: match[5] ?? "UTC" };
  const isTime = (hour: number, minute: number): boolean => hour < 24 && minute < 60;
  return isTime(fromHour, fromMinute) && isTime(untilHour, untilMinute) && hours.from !== hours.until && isZone(hours.zone) ? hours : undefined;
}

/** How long it is quiet yet, in ms; 0: it is not. */
export function quietFor(hours: readonly QuietHours[], now: Date): number {
  return Math.max(0, ...hours.map(({ from, until, zone }) => {
    const minute = minuteOfDay(now, zone);
    const length = (until - from + DAY) % DAY;
    const since = (minute - from + DAY) % DAY;
    return since < length ? (length - since) * 60_000 : 0;
  }));
}

/** With its fraction. */
function minuteOfDay(now: Date, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).formatToParts(now);
  const [hour = 0, minute = 0, second = 0] = ["hour", "minute", "second"].map((type) => Number(parts.find((part) => part.type === type)?.value));
  return hour * 60 + minute + second / 60;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false; // RangeError: there is no such zone
  }
}
