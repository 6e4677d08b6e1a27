/** The operators' commands in the mesh's REPL. */
import { createRequire } from "node:module";
import { Errors, type ServiceBroker } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { plain } from "./columns.ts";
import { PROMPT_COMMANDS, usageOf } from "./commands.ts";

/** As moleculer-repl takes it. `args`, which Moleculer's types have as an array: `{ options, <argument> }`. */
export interface ReplCommand {
  command: string;
  description: string;
  options: { option: string; description: string }[];
  action(broker: Pick<ServiceBroker, "call">, args: unknown): Promise<void>;
}

const ANSWER_MS = 10_000;

/** @param print takes text for the terminal */
export function replCommands(print: (text: string) => void = console.log): ReplCommand[] {
  return Object.entries(PROMPT_COMMANDS).map(([name, command]) => ({
    command: usageOf(name, command),
    description: command.argument === undefined ? command.does : `${command.does} (${command.argument.says})`,
    options: [...Object.entries(command.options ?? {}).map(([option, says]) => ({ option: `--${option} <${option}>`, description: says })), { option: "--json", description: "the answer as JSON" }],
    async action(broker, args) {
      try {
        const { options: { json, ...given } = {}, ...rest } = parseArguments(args);
        const { argument, toBody, inQuery, waitMs = ANSWER_MS, read } = command;
        const value = argument === undefined ? "" : String(rest[argument.name]);
        const params = toBody?.(value, textsOf(given)) ?? { ...(argument === undefined ? {} : { [argument.name]: value }), ...(inQuery === true ? textsOf(given) : {}) };
        const reply = await broker.call<unknown, object>(command.action, params, { timeout: waitMs });
        const answer = await (read?.(reply) ?? reply);
        print(json === true ? JSON.stringify(answer, null, 2) : command.format(answer));
      } catch (error) {
        print(plain(explain(error, command.action)));
      }
    },
  }));
}

/** The prompt reads what looks like a number as one. */
function textsOf(options: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
}

function parseArguments(args: unknown): { options?: { json?: unknown; [option: string]: unknown }; [argument: string]: unknown } {
  return args as ReturnType<typeof parseArguments>;
}

function explain(error: unknown, action: string): string {
  if (error instanceof Errors.ServiceNotFoundError) return `No node of the mesh runs the service ${action.split(".")[0]} (every gateway has it beside it).`;
  const code = findErrorCode(error);
  return code === undefined ? errorMessage(error) : `${errorMessage(error)} (${code})`;
}

/**
 * moleculer-repl passes over a command of ours whose name it has. Its `nodes` knows no drains, slots or reasons, so it is
 * not registered. To be called before the REPL starts.
 */
export function replaceBuiltIns(): void {
  const builtIn = createRequire(import.meta.url)("moleculer-repl/src/commands/nodes.js") as { register(): void };
  builtIn.register = () => undefined;
}
