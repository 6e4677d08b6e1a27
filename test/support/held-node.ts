/**
 * A node in a process of its own whose transcoder says that it was asked, and answers on SIGUSR2. argv: name, NATS,
 * namespace. Heartbeats that stay away mean nothing to it.
 */
import { ServiceBroker } from "moleculer";
import { brokerOptions } from "../../config/broker-options.ts";
import { loadConfig } from "../../config/config.ts";

const [name = "", natsUrl = "", namespace = ""] = process.argv.slice(2);
const config = loadConfig({ LECTERN_NODE_ID: name, LECTERN_NATS_URL: natsUrl, LECTERN_NAMESPACE: namespace });
const broker = new ServiceBroker({ ...brokerOptions(config), heartbeatTimeout: 600, logger: false });
const answers: (() => void)[] = [];

broker.createService({
  name: "transcoder",
  actions: {
    async make(): Promise<string> {
      const answer = Promise.withResolvers<void>();
      answers.push(answer.resolve);
      console.log(`${name} is asked`);
      await answer.promise;
      return name;
    },
  },
});
process.on("SIGUSR2", () => { for (const answer of answers.splice(0)) answer(); });
await broker.start();
console.log("joined");
