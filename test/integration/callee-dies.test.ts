/**
 * A viewer's call is under way on a node when that is killed, or frozen, or when NATS is gone for a while. No broker here
 * takes a node for dead because of its heartbeats: those are slower than what is tested.
 */
import { ServiceBroker } from "moleculer";
import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";
import { meshView } from "../../config/placement/mesh-view.ts";
import { eventually } from "../support/eventually.ts";
import { openLectern, type LecternProcess } from "../support/lectern-process.ts";
import { startNats, type TestServer } from "../support/nats.ts";
import { bareEnvironment } from "../support/start-process.ts";

const HELD_NODE = fileURLToPath(new URL("../support/held-node.ts", import.meta.url));

describe("a viewer's call to a node that does not answer any more", function () {
  this.timeout(30_000);
  let nats: TestServer;
  let caller: ServiceBroker;
  let held: LecternProcess;

  function open(nodeId: string): ServiceBroker {
    const config = loadConfig({ LECTERN_NODE_ID: nodeId, LECTERN_NATS_URL: nats.url, LECTERN_NAMESPACE: "callee" });
    return new ServiceBroker({ ...brokerOptions(config), heartbeatTimeout: 600, logger: false });
  }
  const knows = (nodeId: string): boolean => meshView(caller).book.look(nodeId).report !== undefined && caller.registry.hasService("transcoder", nodeId);

  /** The caller has a transcoder, too, which answers at once. */
  beforeEach(async () => {
    nats = await startNats();
    caller = open("caller");
    caller.createService({ name: "transcoder", actions: { make: () => "caller" } });
    await caller.start();
    held = openLectern([HELD_NODE, "held", nats.url, "callee"], bareEnvironment());
    await held.waitFor(/joined/);
    await eventually(() => knows("held"));
  });
  afterEach(async () => {
    held.child.kill("SIGKILL");
    await held.exited;
    await caller.stop();
    await nats.stop();
  });

  /** Asks for videos until one has its place on the held node. The answer is under way. */
  async function askHeld(): Promise<{ answer: Promise<string>; videoId: string }> {
    for (let n = 0; ; n++) {
      const videoId = `video-${n}`;
      const answer = caller.call<string, object>("transcoder.make", { videoId }, { timeout: 0 });
      const arrived = held.waitFor(/held is asked/).then(() => "held");
      if ((await Promise.race([answer, arrived])) === "held") return { answer, videoId };
    }
  }

  it("is answered by another when the node is killed", async () => {
    const { answer } = await askHeld();
    const killedAt = performance.now();
    held.child.kill("SIGKILL");
    expect(await answer).to.equal("caller");
    console.log(`      answered ${((performance.now() - killedAt) / 1000).toFixed(2)} s after the kill`);
  });

  it("is answered by another while the node is frozen, which has its calls again when it goes on", async () => {
    const { answer, videoId } = await askHeld();
    held.child.kill("SIGSTOP");
    expect(await answer).to.equal("caller");
    expect(await caller.call("transcoder.make", { videoId })).to.equal("caller"); // at once: it is known to be silent
    held.child.kill("SIGCONT");
    await eventually(() => !meshView(caller).book.look("held").silent && knows("held"));
    const again = caller.call("transcoder.make", { videoId });
    await held.waitFor(/held is asked\nheld is asked/);
    held.child.kill("SIGUSR2");
    expect(await again).to.equal("held");
  });

  it("waits while it is this node that hears nobody, and is made again: its answer was lost with NATS", async () => {
    const { answer } = await askHeld();
    await nats.kill();
    held.child.kill("SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than any silence that is put up with
    nats = await startNats({ port: nats.port });
    void held.waitFor(/held is asked\nheld is asked/).then(() => held.child.kill("SIGUSR2"), () => undefined); // the caller's own may be asked
    expect(await answer).to.be.oneOf(["caller", "held"]);
  });
});
