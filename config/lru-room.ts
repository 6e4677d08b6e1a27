/**
 * Room for so many entries in an `LRUCache`, taken as they come. Bounded by `max` it is reserved at once, some 40 bytes an
 * entry: for all that a node may remember 9 MiB before it has anything to remember.
 */
export function upTo(entries: number) {
  return { maxSize: entries, sizeCalculation: one };
}

const one = (): number => 1;
