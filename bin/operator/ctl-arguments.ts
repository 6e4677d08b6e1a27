/** The command line of `npm run ctl`. */
import { parseArgs } from "node:util";
import { findCommand, PROMPT_COMMANDS, usageOf } from "./commands.ts";
import type { PromptOptions } from "./prompt-command.ts";

/** `value`: the command's argument, checked; `options`: the command's own. `url`: without a slash at the end. */
export type CtlArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "run"; name: string; value?: string; options?: PromptOptions; json: boolean; url?: string };

const commandOptions = Object.assign({}, ...Object.values(PROMPT_COMMANDS).map(({ options }) => options)) as Record<string, string>;

export const CTL_USAGE = `npm run ctl -- <command> [argument] [--json] [--url http://…]

Asks a gateway of the mesh, and orders what it may order.

${Object.entries(PROMPT_COMMANDS).map(([name, command]) => `  ${usageOf(name, command).padEnd(21)} ${command.does}`).join("\n")}

  --json   the answer as HTTP gives it
  --url    the gateway; default: the one that runs on this machine
${Object.entries(PROMPT_COMMANDS).flatMap(([name, { options = {} }]) => Object.entries(options).map(([option, says]) => `  --${option.padEnd(8)} of ${name}: ${says}`)).join("\n")}

Ends with 0 when it is done, 1 when it failed or was refused, 2 when the command line is wrong. Scripts want \`npm run -s ctl\`,
which leaves npm's own lines out.`;

export function parseCtlArguments(args: readonly string[]): CtlArguments {
  const fault = (message: string): CtlArguments => ({ kind: "fault", message });
  try {
    const { values: { json, url, help, ...given }, positionals: [name, value, ...rest] } = parseArgs({
      args: [...args], strict: true, allowPositionals: true,
      options: { json: { type: "boolean" }, url: { type: "string" }, help: { type: "boolean", short: "h" }, ...ofStrings(Object.keys(commandOptions)) },
    });
    if (help === true) return { kind: "help" };
    if (name === undefined) return fault("Say which command.");
    const command = findCommand(name);
    if (command === undefined) return fault(`There is no command "${name}".`);
    const { argument, options: takes = {}, toBody } = command;
    if (argument === undefined && value !== undefined) return fault(`${name} takes no argument.`);
    if (argument !== undefined && value === undefined) return fault(`${name} wants ${argument.says}.`);
    if (argument !== undefined && value !== undefined && !new RegExp(argument.pattern).test(value)) return fault(`"${value}" is not ${argument.says}.`);
    if (rest.length > 0) return fault(`${name} takes one argument.`);
    if (typeof url === "string" && !/^https?:\/\/[^/]/.test(url)) return fault(`--url must be a URL with http:// or https://, not "${url}".`);
    const options = Object.fromEntries(Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
    const foreign = Object.keys(options).find((option) => !Object.hasOwn(takes, option));
    if (foreign !== undefined) return fault(`${name} takes no --${foreign}.`);
    toBody?.(value ?? "", options); // throws what is wrong with them
    return {
      kind: "run", name, json: json === true, ...(value === undefined ? {} : { value }), ...(Object.keys(options).length === 0 ? {} : { options }),
      ...(typeof url === "string" ? { url: url.replace(/\/+$/, "") } : {}),
    };
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error));
  }
}

function ofStrings(names: readonly string[]): Record<string, { type: "string" }> {
  return Object.fromEntries(names.map((name) => [name, { type: "string" }]));
}
