/** Who imports whom, read from the sources. Type-only imports count: they are knowledge of the other, too. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** Everything that names a module: `from "x"`, `import "x"`, `import("x")`, and a thread's `new URL("./x.ts", import.meta.url)`. */
const SPECIFIERS = /(?:(?<!\.)\bfrom\s*|\bimport\s*\(?\s*)"([^"]+)"|\bnew URL\(\s*"(\.[^"]+\.ts)"\s*,\s*import\.meta\.url/g;

export interface Import { from: string; to: string }

/** Paths of files relative to the project, with `/`. */
export function listFiles(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: PROJECT, exclude: ["**/node_modules/**"] }).map((path) => path.replaceAll("\\", "/")).sort();
}

export const readSource = (path: string): string => readFileSync(join(PROJECT, path), "utf8");

/** The modules that the source text of the file `path` names: relative ones as paths of the project, packages as they are. */
export function parseImports(path: string, source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""); // comments may quote imports
  return [...code.matchAll(SPECIFIERS)].map(([, named, url]) => named ?? url ?? "").map((name) => (name.startsWith(".") ? posix.join(dirname(path), name) : name));
}

export function listImports(paths: readonly string[]): Import[] {
  return paths.flatMap((from) => parseImports(from, readSource(from)).map((to) => ({ from, to })));
}

/** The cycles' files, each as one chain `a → b → a`; none: the imports are a tree's. */
export function findCycles(imports: readonly Import[]): string[] {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start !== -1) cycles.push([...trail.slice(start), file].join(" → "));
    if (start !== -1 || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  return cycles;
}
