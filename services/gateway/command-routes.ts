/** The operators' commands over HTTP, one route each, made from their table. */
import { permissionOf } from "../../config/access/actions.ts";
import { fail } from "../../config/errors.ts";
import { ARGUMENTS, COMMANDS, type ArgumentName, type Command } from "../operator/operator.contract.ts";
import { refuseOtherSites } from "./cross-site.ts";
import { sendJson, type Route } from "./exchange.ts";

/** A drain asks a node, and a list asks all of them. */
const ORDER_MS = 10_000;

export function commandRoutes(): Route[] {
  return Object.entries<Command>(COMMANDS).map(([name, { argument, method, path, operation }]) => ({
    method, path, operation, permission: permissionOf(`operator.${name}`), area: "operate",
    async handle({ req, res, params, call }) {
      if (method === "POST") refuseOtherSites(req);
      const given = argument === undefined ? {} : { [argument]: parseArgument(argument, params[argument]) };
      sendJson(res, 200, await call<object>(`operator.${name}`, given, { timeout: ORDER_MS }));
    },
  }));
}

/** @throws what the table says */
function parseArgument(name: ArgumentName, value = ""): string {
  const { pattern, code, message } = ARGUMENTS[name];
  if (!new RegExp(pattern).test(value)) throw fail(code, message);
  return value;
}
