import { expect } from "chai";
import { parseCtlArguments } from "../../../../bin/operator/ctl-arguments.ts";
import { findCommand } from "../../../../bin/operator/commands.ts";

const ID = "0123456789abcdef0123";
const KEY = { id: ID, name: "physics\u001b[2J", roles: ["submitter"], tenant: "physics", createdAt: "2026-11-01T08:09:10.000Z" };

describe("the commands about keys", () => {
  it("send what the command line says of a key", () => {
    const { toBody } = findCommand("make-key") ?? {};
    expect(parseCtlArguments(["make-key", "physics", "--roles", "submitter, viewer", "--tenant", "physics"])).to.deep.equal({
      kind: "run", name: "make-key", value: "physics", options: { roles: "submitter, viewer", tenant: "physics" }, json: false,
    });
    expect(toBody?.("physics", { roles: "submitter, viewer,", tenant: "physics", scopes: "videos.list", expires: "2027-01-31" })).to.deep.equal({
      name: "physics", roles: ["submitter", "viewer"], tenant: "physics", scopes: ["videos.list"], expiresAt: "2027-01-31T00:00:00.000Z",
    });
    expect(toBody?.("all", { roles: "viewer" })).to.deep.equal({ name: "all", roles: ["viewer"] });
  });

  it("show a new key by itself on the last line, to be copied", () => {
    for (const name of ["make-key", "rotate-key"]) expect(findCommand(name)?.format({ ...KEY, key: "lectern_x" })).to.equal(`Key ${ID} (physics [2J) is made. It is shown this once:\nlectern_x`);
  });

  it("list keys with what they may, and what has become of them", () => {
    const list = (keys: object[]): string => findCommand("keys")?.format({ keys }) ?? "";
    expect(list([])).to.equal("There is no key but the admin key.");
    const [, first = "", second = ""] = list([{ ...KEY, lastUsedAt: "2026-11-20T00:00:00.000Z", scopes: ["videos.list"] }, { ...KEY, revokedAt: "2026-11-21T10:00:00.000Z" }]).split("\n");
    expect(first).to.match(/^0123456789abcdef0123 {2}physics \[2J {2}submitter {2}physics {2}videos\.list {2}2026-11-01 08:09 {2}2026-11-20 00:00 {2}–$/);
    expect(second).to.match(/all {10}2026-11-01 08:09 {2}– {17}revoked 2026-11-21 10:00$/);
  });
});
