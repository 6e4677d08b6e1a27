import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Errors } from "moleculer";
import { PROMPT_COMMANDS } from "../../../../bin/operator/commands.ts";
import { parseCtlArguments, CTL_USAGE } from "../../../../bin/operator/ctl-arguments.ts";
import { replCommands } from "../../../../bin/operator/repl-commands.ts";
import { runCtl, type Asked } from "../../../../bin/operator/run-ctl.ts";
import { fail } from "../../../../config/errors.ts";


const ID = "01arz3ndektsv4rrffq69g5fav";
const PAUSED = { lane: "normal", waiting: 3, active: 1, failed: 0, paused: true };

describe("npm run ctl's command line", () => {
  it("has a command, its argument and options", () => {
    expect(parseCtlArguments(["nodes"])).to.deep.equal({ kind: "run", name: "nodes", json: false });
    expect(parseCtlArguments(["why", ID, "--json", "--url", "http://host:1/"])).to.deep.equal({ kind: "run", name: "why", value: ID, json: true, url: "http://host:1" });
    expect(parseCtlArguments(["pause", "--help"])).to.deep.equal({ kind: "help" });
  });

  it("names what is wrong", () => {
    const faults: [string[], RegExp][] = [
      [[], /Say which command/], [["stop"], /no command "stop"/], [["constructor"], /no command/], [["nodes", "x"], /takes no argument/], [["why"], /why wants a video's id/],
      [["pause", "play", "bulk"], /one argument/], [["pause", "fast"], /"fast" is not play, normal, bulk/], [["why", "../../nodes"], /is not a video's id/],
      [["drain", "a\nb"], /is not a node's id/], [["nodes", "--url", "host"], /--url must be a URL/], [["nodes", "--jsno"], /--jsno/],
      [["make-key", "physics"], /wants --roles/], [["nodes", "--roles", "viewer"], /nodes takes no --roles/], [["revoke-key", "x"], /"x" is not a key's id/],
      [["make-key", "physics", "--roles", "viewer", "--expires", "soon"], /--expires must be a day/],
    ];
    for (const [args, message] of faults) {
      const parsed = parseCtlArguments(args);
      expect(parsed.kind === "fault" ? parsed.message : parsed, args.join(" ")).to.match(message);
    }
  });

  it("is explained with every command", () => {
    for (const [name, { does }] of Object.entries(PROMPT_COMMANDS)) expect(CTL_USAGE).to.match(new RegExp(`^  ${name} .*${does}$`, "m"));
  });
});

describe("npm run ctl", () => {
  let server: Server;
  let url: string;
  let asked: string[];
  let answer: { status: number; body: string };

  beforeEach(async () => {
    asked = [];
    server = createServer((req, res) => {
      asked.push(`${req.method} ${req.url}`);
      res.writeHead(answer.status, { "Content-Type": "application/json" }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function run(command: Asked, at = url): Promise<{ code: number; out: string[]; err: string[] }> {
    const [out, err]: string[][] = [[], []];
    return { code: await runCtl({ url: at }, command, { out: (line) => out?.push(line), err: (line) => err?.push(line) }), out: out ?? [], err: err ?? [] };
  }

  it("orders by the method and path of the command, and says what came of it", async () => {
    answer = { status: 200, body: JSON.stringify(PAUSED) };
    expect(await run({ name: "pause", value: "normal", json: false })).to.deep.equal({ code: 0, out: ["Lane normal is paused: 3 wait, 1 go on."], err: [] });
    expect(await run({ name: "drain", value: "a/b ?c", json: true })).to.deep.equal({ code: 0, out: [answer.body], err: [] });
    expect(asked).to.deep.equal(["POST /v1/queue/normal/pause", "POST /v1/nodes/a%2Fb%20%3Fc/drain"]);
  });

  it("ends with 1 and one line when it is refused", async () => {
    answer = { status: 409, body: JSON.stringify({ code: "conflict", detail: "The video is complete:\u001b[2J there is nothing to retry." }) };
    expect(await run({ name: "retry", value: ID, json: true })).to.deep.equal({ code: 1, out: [], err: ["The video is complete: [2J there is nothing to retry. (conflict)"] });
  });

  it("ends with 1 where something else answers, or nobody", async () => {
    answer = { status: 200, body: "<html>" };
    expect((await run({ name: "queue", json: false })).code).to.equal(1);
    answer = { status: 200, body: '{"lanes":7}' };
    expect(await run({ name: "queue", json: false })).to.deep.include({ code: 1, err: ["What answers there is no Lectern of this version. (unexpected_answer)"] });
    expect(await run({ name: "queue", json: false }, "http://127.0.0.1:1")).to.deep.equal({ code: 1, out: [], err: ["No Lectern can be reached at http://127.0.0.1:1; --url says where it is."] });
  });
});

describe("the REPL's commands", () => {
  const lines: string[] = [];
  const commands = replCommands((line) => lines.push(line));
  beforeEach(() => { lines.length = 0; });

  async function run(name: string, args: object, call: (action: string, params: object) => unknown): Promise<string> {
    const found = commands.find(({ command }) => command.split(" ")[0] === name);
    await found?.action({ call: async (action: string, params: object) => call(action, params) } as unknown as Parameters<(typeof commands)[0]["action"]>[0], args);
    return lines.join("\n");
  }

  it("are those of the table, with their arguments", () => {
    expect(commands.map(({ command }) => command)).to.deep.equal(Object.entries(PROMPT_COMMANDS).map(([name, { argument }]) => (argument === undefined ? name : `${name} <${argument.name}>`)));
    expect(commands.map(({ command }) => command)).to.include.members(["nodes", "why <id>", "keys", "make-key <name>"]);
  });

  it("call the operator's action and show its answer, as text or as JSON", async () => {
    const called: unknown[] = [];
    const call = (action: string, params: object): unknown => { called.push([action, params]); return PAUSED; };
    expect(await run("resume", { options: {}, lane: "normal" }, call)).to.equal("Lane normal goes on: 3 wait, 1 run.");
    expect(called).to.deep.equal([["operator.resume", { lane: "normal" }]]);
    lines.length = 0;
    expect(JSON.parse(await run("queue", { options: { json: true } }, call))).to.deep.equal(PAUSED);
  });

  it("say in a line what went wrong, and never end the prompt", async () => {
    expect(await run("why", { id: "x" }, () => { throw fail("video_not_found", "There is no such video."); })).to.equal("There is no such video. (video_not_found)");
    lines.length = 0;
    expect(await run("nodes", {}, () => { throw new Errors.ServiceNotFoundError({ action: "operator.nodes" }); })).to.match(/^No node of the mesh runs the service operator/);
  });
});
