import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { tellCrashes, watchCrashes } from "../../../../config/failures/crash-note.ts";
import { failureLedgerOf } from "../../../../config/failures/note-failure.ts";
import { quietBroker } from "../../../support/quiet-broker.ts";

describe("the end of a process by an exception", () => {
  let dir: string;
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), "lectern-crash-")); });
  afterEach(() => rmSync(dir, { recursive: true }));

  const end = (error: unknown, origin = "uncaughtException"): void => {
    const process = Object.assign(new EventEmitter(), { pid: 7 });
    watchCrashes(quietBroker(), dir, process as unknown as NodeJS.Process);
    process.emit("uncaughtExceptionMonitor", error, origin);
  };
  const told = (): { action: string; message: string; severity: string; stack: string[] }[] => {
    const broker = quietBroker();
    tellCrashes(broker, dir);
    return failureLedgerOf(broker).next()?.groups ?? [];
  };

  it("is told by the next node of its directory, once, without secrets", () => {
    end(new TypeError("boom at https://a.example/?token=1\nand more of token=1"), "unhandledRejection");
    const folder = join(dir, "crashes");
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), "utf8")).to.match(/crash-note\.test\.ts/).and.not.match(/\?token=1|https:.*https:/s);
    const [crash, ...others] = told();
    expect(others).to.deep.equal([]);
    expect(crash).to.include({ action: "node.unhandledRejection", message: "boom at https://a.example/?…\nand more of token=[hidden]", severity: "critical" });
    expect(crash?.stack[0]).to.match(/crash-note\.test\.ts/);
    expect(told()).to.deep.equal([]);
  });

  it("leaves no more notes than a few, whatever is thrown how often, and makes nothing of what is no note", () => {
    for (let n = 0; n < 30; n++) end(n % 2 === 0 ? undefined : "text");
    expect(readdirSync(join(dir, "crashes")).length).to.be.at.most(20);
    told();
    writeFileSync(join(dir, "crashes", "1.json"), "{");
    writeFileSync(join(dir, "crashes", "2.json"), JSON.stringify({ at: 1, action: "rm -rf", message: "x", stack: "" }));
    expect(told()).to.deep.equal([]);
  });
});
