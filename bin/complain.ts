/** Tells the person at the terminal what is wrong, where that is known; anything else is thrown on with its stack. */
import { ConfigError } from "../config/config.ts";
import { findErrorCode } from "../config/error-codes.ts";
import { errorMessage } from "../config/error-message.ts";
import { StartError } from "./start/start-error.ts";

export function complain(error: unknown): void {
  if (error instanceof ConfigError) error.faults.forEach((fault) => console.error(fault));
  else if (error instanceof StartError || findErrorCode(error) === "storage_key_unavailable") console.error(errorMessage(error));
  else throw error;
}
