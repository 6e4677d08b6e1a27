import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { openPolicyFile, type LivePolicy } from "../../../../../services/source/access/policy-file.ts";
import { eventually } from "../../../../support/eventually.ts";
import { makeTempDir, removeDir } from "../../../../support/processes.ts";
import { rejection } from "../../../../support/rejection.ts";

describe("the policy file", () => {
  let dir: string;
  let path: string;
  let lines: string[];
  let policy: LivePolicy | undefined;
  const log = (level: string) => (line: string): void => void lines.push(`${level}: ${line.replaceAll(path, "FILE")}`);
  const open = async (changed?: () => void): Promise<LivePolicy> => (policy = await openPolicyFile(path, { info: log("info"), error: log("error") } as never, changed, 20));
  const denies = (host: string): boolean => policy?.current().isAllowed(host) === false;

  beforeEach(async () => {
    dir = await makeTempDir("policy");
    path = join(dir, "policy.yaml");
    lines = [];
    await writeFile(path, "domains: { deny: [a.test] }");
  });
  afterEach(async () => {
    policy?.close();
    await removeDir(dir);
  });

  it("is read again when it changes, also when another takes its place", async () => {
    let changes = 0;
    await open(() => void changes++);
    expect([denies("a.test"), denies("b.test")]).to.deep.equal([true, false]);
    await writeFile(path, "domains: { deny: [b.test] }");
    await eventually(() => denies("b.test"));
    await writeFile(join(dir, "next"), "domains: { deny: [c.test] }");
    await rename(join(dir, "next"), path);
    await eventually(() => denies("c.test"));
    expect(denies("b.test")).to.equal(false);
    expect(changes).to.equal(2);
    expect(lines).to.deep.equal(["info: The source policy is FILE.", "info: The source policy has changed, and is in force.", "info: The source policy has changed, and is in force."]);
  });

  it("stays as it was while it is faulty or gone, and the log says so once", async () => {
    await open();
    await writeFile(path, "domains: { deny: [b.test], allow: 1 }");
    await eventually(() => lines.length > 1);
    await rename(path, join(dir, "gone"));
    await eventually(() => lines.length > 2);
    await writeFile(path, "domains: { deny: [b.test] }");
    await eventually(() => denies("b.test"));
    expect(lines.slice(1, 3)).to.deep.equal(["error: The source policy stays as it was: FILE: /domains/allow must be array", "error: The source policy stays as it was: FILE: ENOENT: no such file or directory, open 'FILE'"]);
    expect(lines.length).to.equal(4);
  });

  it("that is faulty from the start ends the start, with every fault", async () => {
    await writeFile(path, "domain: {}\nhosts: [{}]");
    const error = await rejection(open(), "a faulty file");
    expect(String(error)).to.include(path).and.include('("domain")').and.include("must have required property 'match'");
  });
});
