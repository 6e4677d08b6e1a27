/**
 * lock-installed.mjs [folder]: exits 0 when its node_modules holds what its package-lock.json asks for, so that whoever
 * installed by hand isn't made to install again. npm writes what it installed to node_modules/.package-lock.json. Plain
 * JavaScript: it runs under any Node from 20 on, before the pinned one is there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";

const [, , folder = "."] = argv;

function packages(path) {
  return JSON.parse(readFileSync(join(folder, path), "utf8")).packages;
}

function isInstalled() {
  const wanted = packages("package-lock.json");
  const there = packages("node_modules/.package-lock.json");
  return Object.entries(wanted).every(([path, entry]) => {
    const found = there[path];
    if (path === "" || (found === undefined && (entry.optional || entry.peer))) return true; // another platform's, or nobody's
    return found !== undefined && found.version === entry.version && found.integrity === entry.integrity;
  });
}

try {
  process.exitCode = isInstalled() ? 0 : 1;
} catch (error) {
  if (error.code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
  process.exitCode = 1; // never installed, or an installation that broke off
}
