/** Gauges that are looked at only when somebody asks for a node's metrics. */
import type { ServiceBroker } from "moleculer";

/** On the broker's own bus, just before the text is written. */
export const SCRAPE = "$metrics.scrape";

/** @param look may not take long, and never throws @returns ends it */
export function onScrape(broker: ServiceBroker, look: () => void): () => void {
  broker.localBus.on(SCRAPE, look);
  return () => void broker.localBus.off(SCRAPE, look);
}
