import { brokerOptions } from "./config/broker-options.ts";
import { loadConfig } from "./config/config.ts";

export default brokerOptions(loadConfig(process.env));
