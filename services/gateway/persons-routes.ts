/** `/v1/persons` and `/v1/erasures`: all that is kept of one person, and its end. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail } from "../../config/errors.ts";
import { VIDEOS_CHOICES, type ErasureParams, type ErasureView, type EraseParams } from "../persons/persons.contract.ts";
import { sendJson, type Exchange, type Route } from "./exchange.ts";
import { parseQuery } from "./query.ts";

/** Of somebody of whom there is nothing else, all of the audit log is read. */
const LOOK_MS = 120_000;

/** @param nodeId this node: a document is taken from beside, at the client's pace */
export function personsRoutes(nodeId: string): Route[] {
  const send = async ({ res, call }: Exchange, action: string, params: object): Promise<void> => {
    const document = await call<Readable>(action, params, { nodeID: nodeId, timeout: LOOK_MS, retries: 0 });
    res.writeHead(200, { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "Content-Disposition": "attachment; filename=\"person.json\"" });
    await pipeline(document, res).catch(() => res.destroy()); // who reads it sees that it has no end
  };
  return [
    {
      method: "GET", path: "/v1/persons/me", operation: "exportOwnPerson", permission: "persons.readOwn", area: "operate", noHead: true,
      handle: (exchange) => send(exchange, "persons.exportOwn", {}),
    },
    {
      method: "GET", path: "/v1/persons/:person", operation: "exportPerson", permission: "persons.read", area: "operate", noHead: true,
      handle: (exchange) => send(exchange, "persons.export", { person: exchange.params["person"] ?? "" }),
    },
    {
      method: "DELETE", path: "/v1/persons/:person", operation: "erasePerson", permission: "persons.erase", area: "operate",
      async handle({ req, res, params, call }) {
        const { videos = "erase" } = parseQuery(req.url ?? "", ["videos"]);
        const choice = VIDEOS_CHOICES.find((one) => one === videos);
        if (choice === undefined) throw fail("bad_request", `videos must be one of ${VIDEOS_CHOICES.join(", ")}.`);
        const order = await call<ErasureView>("persons.erase", { person: params["person"] ?? "", videos: choice } satisfies EraseParams, { timeout: LOOK_MS, retries: 0 });
        sendJson(res, 202, order, { Location: `/v1/erasures/${order.id}` });
      },
    },
    {
      method: "GET", path: "/v1/erasures/:orderId", operation: "getErasure", permission: "persons.read", area: "operate",
      async handle({ res, params, call }) {
        const { orderId = "" } = params;
        if (!/^[0-9a-z]{26}$/.test(orderId)) throw fail("erasure_not_found", "There is no such order.");
        sendJson(res, 200, await call<ErasureView>("persons.erasure", { id: orderId } satisfies ErasureParams));
      },
    },
  ];
}
