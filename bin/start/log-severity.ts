/** Which lines of a node's log a person at the terminal must see: warnings and worse, with what belongs to them. */

/** Makes a filter for one stream of lines. A line without a severity belongs to the line before it (a stack). */
export function severeLines(): (line: string) => boolean {
  let severe = false;
  return (line) => {
    const found = findSeverity(line);
    if (found !== undefined) severe = found;
    return severe;
  };
}

/** Moleculer's text (`[12:00:00.000Z] WARN  …`) or JSON; undefined: neither. */
function findSeverity(line: string): boolean | undefined {
  const text = /^\[[^\]]*\] +(FATAL|ERROR|WARN|INFO|DEBUG|TRACE)\b/.exec(line)?.[1];
  if (text !== undefined) return text === "FATAL" || text === "ERROR" || text === "WARN";
  const level = /^\{"level":"(\w+)",/.exec(line)?.[1];
  return level === undefined ? undefined : ["fatal", "error", "warn"].includes(level);
}
