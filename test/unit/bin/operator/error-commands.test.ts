import { expect } from "chai";
import type { ServiceBroker } from "moleculer";
import { ERROR_COMMANDS } from "../../../../bin/operator/error-commands.ts";
import { parseCtlArguments } from "../../../../bin/operator/ctl-arguments.ts";
import { replCommands } from "../../../../bin/operator/repl-commands.ts";
import type { ErrorView } from "../../../../services/errors/errors.contract.ts";

const ID = "encode_failed-3f9a0c1b2d4e5f60";
const VIEW: ErrorView = {
  id: ID, state: "open", severity: "error", code: "encode_failed", service: "transcoder", action: "transcoder.make", message: "FFmpeg \u001b[31mended", count: 9, lastHour: 2, lastDay: 5,
  firstSeen: "2026-11-26T08:00:00.000Z", lastSeen: "2026-11-26T09:30:00.000Z", perMinute: [], perHour: [{ at: "2026-11-26T08:00:00.000Z", count: 0 }, { at: "2026-11-26T09:00:00.000Z", count: 5 }],
  nodes: ["one"], regions: ["eu"], versions: ["0.1.0"], videos: ["01arz3ndektsv4rrffq69g5fav"], sample: { message: "FFmpeg \u001b[31mended", stack: ["make services/transcoder/encode.ts:7"], node: "one", requestId: "r-1" },
};

describe("the commands about errors", () => {
  it("take a group's id and nothing else, and filters of a list", () => {
    expect(parseCtlArguments(["resolve", ID])).to.deep.equal({ kind: "run", name: "resolve", value: ID, json: false });
    expect(parseCtlArguments(["errors", "--state", "open", "--video", "v"])).to.deep.equal({ kind: "run", name: "errors", json: false, options: { state: "open", video: "v" } });
    for (const id of ["", "encode_failed", "../nodes", `${ID}0`, "A-other"]) expect(parseCtlArguments(["mute", id]).kind, id).to.equal("fault");
  });

  it("show a list that leads on, and one of them with where and how, harmless for a terminal", () => {
    const list = ERROR_COMMANDS["errors"]?.format({ region: "eu", errors: [VIEW], next: `1.${ID}` }) ?? "";
    expect(list).to.match(new RegExp(`${ID} +open +error +2 +5 +9 +2026-11-26 09:30 +transcoder.make +FFmpeg`)).and.to.match(new RegExp(`More: errors --cursor 1.${ID}$`));
    const one = ERROR_COMMANDS["error"]?.format(VIEW) ?? "";
    for (const part of ["Nodes: one; regions: eu; versions: 0.1.0; request r-1", "Videos: 01arz3ndektsv4rrffq69g5fav", "  at make services/transcoder/encode.ts:7"]) expect(one).to.contain(part);
    expect(one).to.match(/2026-11-26 09:00 +5/).and.to.not.match(/2026-11-26 08:00 +0/);
    expect(list + one).to.not.contain("\u001b");
    expect(ERROR_COMMANDS["errors"]?.format({ region: "eu", errors: [] })).to.equal("Nothing has failed, as far as is known.");
    expect(ERROR_COMMANDS["mute"]?.format({ id: ID, state: "muted" })).to.equal(`${ID} is muted.`);
  });

  it("hand the filters on at the prompt", async () => {
    const asked: object[] = [];
    const broker = { call: async (action: string, params: object) => { asked.push({ action, ...params }); return { region: "eu", errors: [] }; } } as unknown as Pick<ServiceBroker, "call">;
    await replCommands(() => undefined).find(({ command }) => command === "errors")?.action(broker, { options: { code: "unexpected" } });
    expect(asked).to.deep.equal([{ action: "errors.list", code: "unexpected" }]);
  });
});
