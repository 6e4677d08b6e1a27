/** What was written into the store, as its own answers say. */

export interface Write { key: string; by: string; /** Of performance.now(). */ atMs: number }

export interface WriteJournal {
  note(by: string, line: string, status: number): void;
  /** Segments and init segments of a video that were stored, in the order in which they were. */
  media(videoId: string): Write[];
}

/** @param bucket in which all objects are */
export function openWriteJournal(bucket: string): WriteJournal {
  const writes: Write[] = [];
  return {
    note(by, line, status) {
      const [, key] = new RegExp(`^PUT /${bucket}/([^?]+)`).exec(line) ?? [];
      if (key !== undefined && status === 200) writes.push({ key: decodeURIComponent(key), by, atMs: performance.now() });
    },
    media: (videoId) => writes.filter(({ key }) => key.startsWith(`videos/${videoId}/media/`)),
  };
}
