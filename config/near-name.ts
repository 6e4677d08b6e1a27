/** The name that somebody may have meant. */

/** ` (did you mean X?)` for a name one or two letters off, else nothing. */
export function suggest(name: string, names: readonly string[]): string {
  const near = names.find((candidate) => editDistance(name, candidate) <= 2);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
