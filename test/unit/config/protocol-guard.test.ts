import { expect } from "chai";
import { protocolGuard } from "../../../config/middlewares/protocol-guard.ts";
import { understands } from "../../../config/protocol.ts";
import { quietBroker } from "../../support/quiet-broker.ts";
import { rejection } from "../../support/rejection.ts";

describe("the guard of protocols", () => {
  it("lets a protocol and its neighbours together, and what names none", () => {
    expect([1, 2, 3, 4, 5, undefined, "3", null].map((other) => understands(3, other))).to.deep.equal([false, true, true, true, false, true, false, false]);
  });

  it("refuses a call that was sent before its caller knew, until the caller's node is another version", async () => {
    const guard = protocolGuard(1);
    const broker = quietBroker({ nodeID: "caller", middlewares: [guard] });
    broker.createService({ name: "greeter", actions: { greet: () => "hello" } });
    await broker.start();
    const passed: string[] = [];
    const handle: unknown = Reflect.get(guard, "transitMessageHandler");
    if (typeof handle !== "function") throw new Error("it does not look at packets");
    const receive = handle(async (kind: string) => { passed.push(kind); return true; }) as (kind: string, packet: object) => Promise<boolean>;
    const inform = (protocol: number) => receive("INFO", { payload: { sender: "caller", metadata: { protocol } } });
    await inform(3);
    for (const kind of ["HEARTBEAT", "EVENT", "REQ"]) await receive(kind, { payload: { sender: "caller" } });
    expect(passed).to.deep.equal(["REQ"]); // that is answered
    expect(await rejection(broker.call("greeter.greet"), "a stranger's call")).to.include({ type: "not_ready", message: "This node speaks protocol 1, and the caller's 3." });
    await inform(2);
    expect(await broker.call("greeter.greet")).to.equal("hello");
    expect(passed).to.deep.equal(["REQ", "INFO"]);
    await broker.stop();
  });
});
