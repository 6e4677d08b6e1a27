/**
 * Gives back what loading hundreds of modules left behind, some 25 MiB of RAM of a node with its demuxer's thread: V8 would
 * keep that for as long as nothing else is short of room, and lets the heap grow in proportion to it. Once, before anybody
 * waits for this process. Does nothing in a process that was started without `--expose-gc`.
 */
export function collectAfterLoading(): void {
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}
