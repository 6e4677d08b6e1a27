import { Readable } from "node:stream";
import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { parseCtlArguments } from "../../../../bin/operator/ctl-arguments.ts";
import { replCommands } from "../../../../bin/operator/repl-commands.ts";

const ORDER = { id: "01h0000000000000000000000o", videos: "keep", orderedAt: "2026-11-26T08:00:00.000Z", status: "running", found: { videos: 3 }, left: { videos: 2 } };
const DOCUMENT = { format: "lectern-person", version: 1, person: "p:1", madeAt: "now", parts: { videos: { about: "what they posted", from: "videos", items: [{}, {}] } } };

describe("the commands about a person", () => {
  it("take a log-in, a key or a pseudonym", () => {
    for (const person of ["login:anna muster@école/π", `key:${"0".repeat(20)}`, `p:${"a".repeat(32)}`]) expect(parseCtlArguments(["person", person])).to.deep.include({ kind: "run", name: "person", value: person });
    for (const person of ["anna", "login:", "login:\n", "key:1", "p:x"]) expect(parseCtlArguments(["erase-person", person]).kind, person).to.equal("fault");
    expect(parseCtlArguments(["person", "login:anna", "--videos", "keep"]).kind).to.equal("fault");
  });

  it("read the stream that the mesh answers at the prompt, and hand on what becomes of the videos", async () => {
    const printed: string[] = [];
    const asked: object[] = [];
    const broker = { call: async (action: string, params: object) => { asked.push({ action, ...params }); return action === "persons.export" ? Readable.from([JSON.stringify(DOCUMENT).slice(0, 20), JSON.stringify(DOCUMENT).slice(20)]) : ORDER; } } as unknown as Pick<ServiceBroker, "call">;
    const run = async (command: string, args: object): Promise<void> => { await replCommands((text) => printed.push(text)).find((one) => one.command.startsWith(command))?.action(broker, args); };
    await run("person ", { person: "login:anna", options: {} });
    await run("person ", { person: "login:anna", options: { json: true } });
    await run("erase-person ", { person: "login:anna", options: { videos: "keep" } });
    expect(printed[0]).to.match(/^p:1, at now\n[^]*videos +2 +what they posted/);
    expect(JSON.parse(printed[1] ?? "")).to.deep.equal(DOCUMENT);
    expect(printed[2]).to.equal(`Order ${ORDER.id} is under way: found videos 3; left videos 2. erasure ${ORDER.id} says how far it is.`);
    expect(asked).to.deep.equal([{ action: "persons.export", person: "login:anna" }, { action: "persons.export", person: "login:anna" }, { action: "persons.erase", person: "login:anna", videos: "keep" }]);
  });
});
