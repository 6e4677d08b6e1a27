/** Pure: where a video stands in its course, as its labels say. */
export interface CoursePlace { course: string; order: number }

/** `course`, with `lecture` or `order`: a number, from 1 or whatever its school begins with. */
export function coursePlaceOf(labels: Readonly<Record<string, string>>): CoursePlace | undefined {
  const course = labels["course"];
  const order = Number(/^\s*\d{1,6}(\.\d{1,3})?\s*$/.exec(labels["lecture"] ?? labels["order"] ?? "")?.[0] ?? Number.NaN);
  return course === undefined || course === "" || Number.isNaN(order) ? undefined : { course, order };
}
