/** The last points of a run of figures. */

/** @param limit points that are kept */
export function openHistoryRing<Point extends { at: number }>(limit: number) {
  let points: Point[] = [];
  return {
    /** One that is not later than the last is left out. */
    push(...more: readonly Point[]): void {
      for (const point of more) if (point.at > (points.at(-1)?.at ?? -Infinity)) points.push(point);
      if (points.length > limit) points = points.slice(-limit);
    },
    /** Those later than `at`, oldest first. */
    after(at = -Infinity): Point[] { return points.filter((point) => point.at > at); },
    get last(): Point | undefined { return points.at(-1); },
  };
}

export type HistoryRing<Point extends { at: number }> = ReturnType<typeof openHistoryRing<Point>>;
