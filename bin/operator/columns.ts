/** Tables for a terminal. What cells say may come from outside: control characters could move the cursor, or worse. */

const MAX_CELL = 100;

/** Columns that hold only figures are flushed right. */
export function formatColumns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => header.map((_, column) => shorten(plain(row[column] ?? ""))));
  const isFigures = header.map((_, column) => rows.length > 0 && cells.slice(1).every((row) => /^(-|–|[\d.,/ ]+( ?(%|ms|s|min|h|d|MB))?)?$/.test(row[column] ?? "")));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  return cells.map((row) => row.map((cell, column) => (isFigures[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ").trimEnd()).join("\n");
}

/** @param text as anybody may have written it */
export function plain(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, " ");
}

function shorten(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
}

/** `40 ms`, `3.2 s`, `12 min 05 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatMs(ms: number): string {
  const seconds = ms / 1000;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}
