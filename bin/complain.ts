/** Tells the person at the terminal what is wrong, where that is known; anything else is thrown on with its stack. */
import { ConfigError } from "../config/config.ts";
import { StartError } from "./start/start-error.ts";

export function complain(error: unknown): void {
  if (error instanceof ConfigError) error.faults.forEach((fault) => console.error(fault));
  else if (error instanceof StartError) console.error(error.message);
  else throw error;
}
