import { brokerOptions } from "./config/broker-options.ts";
import { loadConfig } from "./config/config.ts";

// The node service has the signals: a node drains before it stops.
export default { ...brokerOptions(loadConfig(process.env)), skipProcessEventRegistration: true };
