/** How many segments a node says that it has made. */
export function countMade(metrics: string, mode: "encode" | "repackage"): number {
  const lines = metrics.split("\n").filter((line) => line.startsWith("lectern_segment_make_seconds_count{") && line.includes(`mode="${mode}"`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
