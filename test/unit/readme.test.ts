import { readFileSync } from "node:fs";
import { expect } from "chai";
import { errorRows, formatTable, parseTable, settingRows } from "../support/readme-tables.ts";

const README = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

describe("README", () => {
  it("lists exactly the settings that there are, with their defaults and meanings", () => {
    expect(parseTable(README, "Settings")).to.deep.equal(settingRows());
  });

  it("lists exactly the errors that there are, with their status and meaning", () => {
    expect(parseTable(README, "Errors")).to.deep.equal(errorRows());
  });

  it("is compared by its cells: bars in them, other tables and other sections do not matter", () => {
    const rows = [["`a`", "1", "x | y"], ["`b`", "–", "z"]];
    const markdown = `# T\n\n## Other\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n## Settings\n\nText.\n\n${formatTable(["n", "d", "m"], rows)}\nMore.\n\n| c |\n| - |\n| 3 |\n`;
    expect(parseTable(markdown, "Settings")).to.deep.equal(rows);
    expect(() => parseTable(markdown, "Errors")).to.throw('no section "Errors"');
    expect(() => parseTable("## Settings\n\n## Errors\n| a |\n", "Settings")).to.throw("has no table");
  });
});
