/** A broker for tests of one service: silent, alone unless it is given a transporter, and quick to start. */
import { ServiceBroker, type BrokerOptions } from "moleculer";

export function quietBroker(options: BrokerOptions = {}): ServiceBroker {
  return new ServiceBroker({ logger: false, dependencyInterval: 5, requestTimeout: 10_000, metrics: { enabled: true, reporter: [] }, ...options });
}
