/** Names of hosts as policies have them: a name stands for itself and all below it, `*` for every host. Pure. */

export type HostPatterns = (hostname: string) => boolean;

export function hostPatterns(patterns: readonly string[]): HostPatterns {
  const names = new Set(patterns);
  if (names.has("*")) return () => true;
  return (hostname) => {
    for (let at = hostname; at !== ""; at = parent(at)) if (names.has(at)) return true;
    return false;
  };
}

/** An address has none above it. */
function parent(hostname: string): string {
  if (hostname.startsWith("[") || /^[\d.]+$/.test(hostname)) return "";
  const dot = hostname.indexOf(".");
  return dot === -1 ? "" : hostname.slice(dot + 1);
}
