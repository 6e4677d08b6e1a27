/** What `ctl` and the REPL may ask: the operators' commands and those about errors, keys and persons, in one form. */
import { ARGUMENTS, COMMANDS, type AnyAnswer, type Command, type CommandName } from "../../services/operator/operator.contract.ts";
import { formatAnswer } from "./answer-text.ts";
import { CAPACITY_COMMANDS } from "./capacity-commands.ts";
import { ERROR_COMMANDS } from "./error-commands.ts";
import { KEY_COMMANDS } from "./key-commands.ts";
import { PERSON_COMMANDS } from "./person-commands.ts";
import { USAGE_COMMANDS } from "./usage-commands.ts";
import type { PromptCommand } from "./prompt-command.ts";

const operators = Object.entries<Command>(COMMANDS).map(([name, { argument, method, path, does }]): [string, PromptCommand] => [name, {
  method, path, does, action: `operator.${name}`, format: (answer) => formatAnswer(name as CommandName, answer as AnyAnswer),
  ...(argument === undefined ? {} : { argument: { name: argument, pattern: ARGUMENTS[argument].pattern, says: ARGUMENTS[argument].says } }),
}]);

export const PROMPT_COMMANDS: Readonly<Record<string, PromptCommand>> = { ...Object.fromEntries(operators), ...ERROR_COMMANDS, ...CAPACITY_COMMANDS, ...KEY_COMMANDS, ...PERSON_COMMANDS, ...USAGE_COMMANDS };

/** @returns undefined when there is no such command */
export function findCommand(name: string): PromptCommand | undefined {
  return Object.hasOwn(PROMPT_COMMANDS, name) ? PROMPT_COMMANDS[name] : undefined;
}

/** As help shows it: `why <id>`. */
export function usageOf(name: string, { argument }: PromptCommand): string {
  return argument === undefined ? name : `${name} <${argument.name}>`;
}
