/** What `docs/architecture.md` shows is what the code is. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { SERVICES } from "../../../config/services.ts";
import { listFiles, listImports, PROJECT, readSource } from "../../support/imports.ts";

const PAGE = readSource("docs/architecture.md");
const MODULE = /^services\/([a-z]+)\//;

/** `a → b` where a service imports the contract of another. */
function importedContracts(): string[] {
  const edges = listImports(listFiles("services/**/*.ts")).flatMap(({ from, to }) => {
    const [user, used] = [MODULE.exec(from)?.[1], /^services\/([a-z]+)\/\1\.contract\.ts$/.exec(to)?.[1]];
    return user === undefined || used === undefined || user === used ? [] : [`${user} → ${used}`];
  });
  return [...new Set(edges)].sort();
}

describe("the page about the architecture", () => {
  const floors = (/```mermaid\nflowchart TD\n(.*?)```/s.exec(PAGE)?.[1] ?? "").split("\n").map((line) => line.trim()).filter((line) => line !== "");

  it("has an arrow for each contract that a service imports, and no other", () => {
    const drawn = floors.flatMap((line) => {
      const [user = "", used] = line.split(" --> ");
      return used === undefined ? [] : used.split(" & ").map((one) => `${user} → ${one}`);
    });
    expect(drawn.sort()).to.deep.equal(importedContracts());
  });

  it("shows every service", () => {
    const shown = new Set(floors.flatMap((line) => line.split(/ --> | & /)));
    expect([...shown].sort()).to.deep.equal([...SERVICES].sort());
  });

  it("sends readers to files and folders that are there", () => {
    const paths = [...PAGE.matchAll(/`((?:config|media|mixins|services|web)\/[\w./-]*)`/g)].map(([, path]) => path ?? "");
    expect(paths.length).to.be.above(10);
    for (const path of paths) expect(existsSync(join(PROJECT, path)), path).to.equal(true);
  });
});
