/** Finds the alias of a request among those of its method and of the first part of its path; moleculer-web tries the patterns of all. */

/** Of moleculer-web's aliases what is used here; `match` gives the path's parameters, decoded, or false. */
export interface Alias { method: string; fullPath: string; match(path: string): Record<string, string> | false }
export interface FoundAlias { alias: Alias; params: Record<string, string> }

/** @param aliases in the order in which they count @throws Error for one that is for every method, or whose path begins with a parameter */
export function indexAliases(aliases: readonly Alias[]): (path: string, method: string) => FoundAlias | false {
  const byStart = new Map<string, Alias[]>();
  for (const alias of aliases) {
    const start = startOf(alias.fullPath);
    if (alias.method === "*" || start.includes(":")) throw new Error(`${alias.method} ${alias.fullPath} cannot be found by how it begins.`);
    const key = `${alias.method} ${start}`;
    byStart.set(key, [...(byStart.get(key) ?? []), alias]);
  }
  return (path, method) => {
    for (const alias of byStart.get(`${method} ${startOf(path)}`) ?? []) {
      const params = alias.match(path);
      if (params !== false) return { alias, params };
    }
    return false;
  };
}

function startOf(path: string): string {
  const from = path.startsWith("/") ? 1 : 0;
  const end = path.indexOf("/", from);
  return end < 0 ? path.slice(from) : path.slice(from, end);
}
