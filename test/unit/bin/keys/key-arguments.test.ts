import { expect } from "chai";
import { parseKeyArguments } from "../../../../bin/keys/key-arguments.ts";

const parse = (line: string) => parseKeyArguments(line.split(" ").filter((word) => word !== ""));

describe("the command line of npm run keys", () => {
  it("makes what is missing when nothing is said, for the hosts that are named", () => {
    expect(parse("")).to.deep.equal({ kind: "run", command: { kind: "make" }, options: {} });
    expect(parse("--gateway video.example.org --gateway ::1 --nats nats --nats [::1]:5222 --redis 10.0.0.1 --namespace school --at /etc/lectern/keys --dir x")).to.deep.equal({
      kind: "run", command: { kind: "make" },
      options: { gateway: ["video.example.org", "::1"], nats: ["nats:4222", "[::1]:5222"], redis: ["10.0.0.1:6379"], namespace: "school", at: "/etc/lectern/keys", dir: "x" },
    });
  });

  const commands: Record<string, object> = {
    "list": { kind: "list" },
    "node worker-2 --role worker": { kind: "node", id: "worker-2", role: "worker" },
    "remove worker-2": { kind: "remove", id: "worker-2" },
    "rotate gateway": { kind: "rotate", anew: { part: "gateway" } },
    "rotate node edge-1": { kind: "rotate", anew: { node: "edge-1" } },
  };
  for (const [line, command] of Object.entries(commands)) it(`takes "${line}"`, () => { expect(parse(line)).to.deep.equal({ kind: "run", command, options: {} }); });

  for (const line of ["make", "node", "node a", "node a --role king", "node a.b --role edge", "node > --role edge", "node ../x --role edge", "node a b --role edge", "--role edge", "remove", "rotate", "rotate all", "rotate gateway x", "rotate node", "list x", "--nats nats://a", "--nats a:b", "--nats a:99999", "--gateway a:1:b!", "--gateway *", "--namespace a.b", "--namespace *", "--at relative", "--at /a/'b", "--what"]) {
    it(`refuses "${line}"`, () => { expect(parse(line).kind).to.equal("fault"); });
  }
});
