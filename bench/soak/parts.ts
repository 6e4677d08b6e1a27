/** What a node's RAM consists of, by what the node says of its JavaScript and Linux of the rest. */
import { api } from "../../test/support/api.ts";
import { residentPartsOf } from "../process-family.ts";

/**
 * `live`: JavaScript's heap in use, whose least is what lives, for it is taken just after a collection; `code`: of that, what V8
 * has compiled; `heap`: the pages that V8 holds for it; `buffers`: bytes outside of it that JavaScript owns; `native`: what else
 * the process allocated, free pieces that malloc keeps included; `files`: the program and its libraries.
 */
export const partNames = ["live", "code", "heap", "buffers", "native", "files"] as const;
export type PartName = typeof partNames[number];
/** MiB. */
export type Parts = Readonly<Record<PartName, number>>;

/** As often as the node's own figures are new (`services/metrics`). */
const LOOK_MS = 10_000;
const MIB = 2 ** 20;
const nothing: Parts = { live: Infinity, code: Infinity, heap: Infinity, buffers: Infinity, native: Infinity, files: Infinity };

/** `takeLeast`: the least of each part since it was asked last. */
export function watchParts(base: string, pid: number): { takeLeast(): Parts; stop(): void } {
  const client = api(base);
  let least = nothing;
  const timer = setInterval(() => {
    Promise.all([client.metrics(), residentPartsOf(pid)]).then(([metrics, { data, files }]) => {
      const seen = partsOf(metrics, data, files);
      least = Object.fromEntries(partNames.map((name) => [name, Math.min(least[name], seen[name])])) as Record<PartName, number>;
    }, () => undefined); // the work counts what fails
  }, LOOK_MS);
  return {
    takeLeast() {
      const taken = least;
      least = nothing;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** `metrics`: a node's text; `data`, `files`: MiB that Linux counts. */
function partsOf(metrics: string, data: number, files: number): Parts {
  const mib = (name: string): number => {
    const bytes = metrics.split("\n").find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
    if (bytes === undefined) throw new Error(`The node does not say ${name}.`);
    return Number(bytes) / MIB;
  };
  const heap = mib("nodejs_heap_size_total_bytes");
  const buffers = mib("nodejs_external_memory_bytes");
  return { live: mib("nodejs_heap_size_used_bytes"), code: mib('nodejs_heap_space_size_used_bytes{space="code"}'), heap, buffers, native: data - heap - buffers, files };
}
