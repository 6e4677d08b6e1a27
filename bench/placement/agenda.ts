/** What happens when, in simulated seconds: a binary heap. What is due at the same time happens in the order it was planned. */
export interface Agenda {
  readonly now: number;
  /** In so many seconds. */
  plan(delay: number, happen: () => void): void;
  /** Until nothing is planned, or `until`. */
  run(until: number): void;
}

interface Entry { at: number; order: number; happen: () => void }

export function openAgenda(): Agenda {
  const heap: Entry[] = [];
  let [now, planned] = [0, 0];
  const isBefore = (a: Entry | undefined, b: Entry | undefined): boolean => a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));
  const swap = (a: number, b: number): void => {
    const [first, second] = [heap[a], heap[b]];
    if (first !== undefined && second !== undefined) [heap[a], heap[b]] = [second, first];
  };

  function push(entry: Entry): void {
    heap.push(entry);
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[parent])) return;
      swap(at, parent);
      at = parent;
    }
  }

  function pop(): Entry | undefined {
    swap(0, heap.length - 1);
    const first = heap.pop();
    for (let at = 0; ;) {
      const smaller = isBefore(heap[2 * at + 2], heap[2 * at + 1]) ? 2 * at + 2 : 2 * at + 1;
      if (!isBefore(heap[smaller], heap[at])) return first;
      swap(at, smaller);
      at = smaller;
    }
  }

  return {
    get now() { return now; },
    plan: (delay, happen) => push({ at: now + delay, order: planned++, happen }),
    run(until) {
      for (let next = heap[0]; next !== undefined && next.at <= until; next = heap[0]) {
        pop();
        now = next.at;
        next.happen();
      }
    },
  };
}
