/** The command line of `npm run ctl`. */
import { parseArgs } from "node:util";
import { ARGUMENTS, COMMANDS, type Command, type CommandName } from "../../services/operator/operator.contract.ts";

/** `value`: the command's argument, checked. `url`: without a slash at the end. */
export type CtlArguments = { kind: "help" } | { kind: "fault"; message: string } | { kind: "run"; name: CommandName; value?: string; json: boolean; url?: string };

const usage = (name: string, { argument }: Command): string => (argument === undefined ? name : `${name} <${argument}>`);

export const CTL_USAGE = `npm run ctl -- <command> [argument] [--json] [--url http://…]

Asks a gateway of the mesh, and orders what it may order.

${Object.entries<Command>(COMMANDS).map(([name, command]) => `  ${usage(name, command).padEnd(16)} ${command.does}`).join("\n")}

  --json   the answer as HTTP gives it
  --url    the gateway; default: the one that runs on this machine

Ends with 0 when it is done, 1 when it failed or was refused, 2 when the command line is wrong. Scripts want \`npm run -s ctl\`,
which leaves npm's own lines out.`;

export function parseCtlArguments(args: readonly string[]): CtlArguments {
  const fault = (message: string): CtlArguments => ({ kind: "fault", message });
  try {
    const { values, positionals: [name, value, ...rest] } = parseArgs({
      args: [...args], strict: true, allowPositionals: true,
      options: { json: { type: "boolean" }, url: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return { kind: "help" };
    if (name === undefined) return fault("Say which command.");
    if (!isCommand(name)) return fault(`There is no command "${name}".`);
    const { argument }: Command = COMMANDS[name];
    if (argument === undefined && value !== undefined) return fault(`${name} takes no argument.`);
    if (argument !== undefined && value === undefined) return fault(`${name} wants ${ARGUMENTS[argument].says}.`);
    if (argument !== undefined && value !== undefined && !new RegExp(ARGUMENTS[argument].pattern).test(value)) return fault(`"${value}" is not ${ARGUMENTS[argument].says}.`);
    if (rest.length > 0) return fault(`${name} takes one argument.`);
    if (values.url !== undefined && !/^https?:\/\/[^/]/.test(values.url)) return fault(`--url must be a URL with http:// or https://, not "${values.url}".`);
    return { kind: "run", name, json: values.json === true, ...(value === undefined ? {} : { value }), ...(values.url === undefined ? {} : { url: values.url.replace(/\/+$/, "") }) };
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error));
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
