/** Ends a node that cannot do its work, with the one sentence that says why. */
import type { ServiceBroker } from "moleculer";

export function endNode({ logger }: Pick<ServiceBroker, "logger">, sentence: string): never {
  logger.fatal(sentence);
  process.exit(1);
}
