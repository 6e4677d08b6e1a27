/** The operators' commands in the mesh's REPL. */
import { createRequire } from "node:module";
import { Errors, type ServiceBroker } from "moleculer";
import { errorMessage, findErrorCode } from "../../config/errors.ts";
import { ARGUMENTS, COMMANDS, type AnyAnswer, type Command, type CommandName } from "../../services/operator/operator.contract.ts";
import { formatAnswer } from "./answer-text.ts";
import { plain } from "./columns.ts";

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
  return Object.entries<Command>(COMMANDS).map(([name, { argument, does }]) => ({
    command: argument === undefined ? name : `${name} <${argument}>`,
    description: argument === undefined ? does : `${does} (${ARGUMENTS[argument].says})`,
    options: [{ option: "--json", description: "the answer as JSON" }],
    async action(broker, args) {
      try {
        const { options: { json } = {}, ...given } = parseArguments(args);
        const answer = await broker.call<AnyAnswer, object>(`operator.${name}`, argument === undefined ? {} : { [argument]: String(given[argument]) }, { timeout: ANSWER_MS });
        print(json === true ? JSON.stringify(answer, null, 2) : formatAnswer(name as CommandName, answer));
      } catch (error) {
        print(plain(explain(error)));
      }
    },
  }));
}

function parseArguments(args: unknown): { options?: { json?: unknown }; [argument: string]: unknown } {
  return args as ReturnType<typeof parseArguments>;
}

function explain(error: unknown): string {
  if (error instanceof Errors.ServiceNotFoundError) return "No node of the mesh runs the service operator (every gateway has it beside it).";
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
