/** The command line of `npm run autoscale`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { errorMessage } from "../../config/error-message.ts";

export const AUTOSCALE_USAGE = `npm run autoscale -- [--max 2] [--every 15] [--url http://…]

Starts and drains transcoder nodes on this machine, by what GET /v1/capacity says that their region needs. Ends with Ctrl-C; its nodes with it.

  --max    no more than so many nodes of its own; default: one for every two cores beyond the first two
  --every  asks about so often, in seconds; default 15
  --url    the gateway that is asked; default: the one that runs on this machine`;

export interface AutoscaleOptions { max: number; everyMs: number; url?: string }
export type AutoscaleArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "run"; options: AutoscaleOptions };

export function parseAutoscaleArguments(args: readonly string[]): AutoscaleArguments {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: "boolean", short: "h" }, max: { type: "string" }, every: { type: "string" }, url: { type: "string" } } });
    if (values.help === true) return { kind: "help" };
    const max = wholeNumber("--max", values.max, Math.max(1, Math.floor((availableParallelism() - 2) / 2)), 1, 64);
    const everyMs = 1_000 * wholeNumber("--every", values.every, 15, 1, 3_600);
    return { kind: "run", options: { max, everyMs, ...(values.url === undefined ? {} : { url: values.url.replace(/\/+$/, "") }) } };
  } catch (error) {
    return { kind: "fault", message: errorMessage(error) };
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number, min: number, max: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`${name} must be a whole number from ${min} to ${max}.`);
  return value;
}
