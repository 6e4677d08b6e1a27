/** `/v1/webhooks`: endpoints that are told what happens, and what was delivered to them. */
import { fail } from "../../config/errors.ts";
import {
  ENDPOINT_ID, EVENT_TYPES, MAX_DESCRIPTION, MESSAGE_ID, type CreateEndpointParams, type DeliveriesResult, type DeliveryIdParams, type EndpointIdParams, type EndpointSecret, type EndpointView, type EventType, type ListEndpointsResult, type QueuedResult,
} from "../webhooks/webhooks.contract.ts";
import { refuseOtherSites } from "./cross-site.ts";
import { sendEmpty, sendJson, type Exchange, type Route } from "./exchange.ts";
import { readJsonObject } from "./json-body.ts";

const TENANT = /^[a-z0-9][a-z0-9-]{0,62}$/;
const FIELDS = ["url", "events", "tenant", "description"] as const;

export function webhooksRoutes(): Route[] {
  const base = "/v1/webhooks/:webhookId";
  const route = (method: Route["method"], path: string, operation: string, handle: (exchange: Exchange) => Promise<void>): Route => ({
    method, path, operation, permission: method === "GET" ? "webhooks.watch" : "webhooks.manage", area: "api",
    async handle(exchange) {
      if (method !== "GET") refuseOtherSites(exchange.req);
      await handle(exchange);
    },
  });
  return [
    route("GET", "/v1/webhooks", "listWebhooks", async ({ res, call }) => sendJson(res, 200, await call<ListEndpointsResult>("webhooks.list"))),
    route("POST", "/v1/webhooks", "createWebhook", async ({ req, res, call }) => {
      const made = await call<EndpointSecret>("webhooks.create", parseCreate(await readJsonObject(req)), { retries: 0 });
      sendJson(res, 201, made, { Location: `/v1/webhooks/${made.id}` });
    }),
    route("GET", base, "getWebhook", async ({ res, params, call }) => sendJson(res, 200, await call<EndpointView>("webhooks.get", parseId(params)))),
    route("DELETE", base, "deleteWebhook", async ({ res, params, call }) => {
      await call("webhooks.remove", parseId(params));
      sendEmpty(res, 204);
    }),
    route("POST", `${base}/rotate`, "rotateWebhook", async ({ res, params, call }) => sendJson(res, 201, await call<EndpointSecret>("webhooks.rotate", parseId(params), { retries: 0 }))),
    route("POST", `${base}/enable`, "enableWebhook", async ({ res, params, call }) => sendJson(res, 200, await call<EndpointView>("webhooks.enable", parseId(params)))),
    route("POST", `${base}/test`, "testWebhook", async ({ res, params, call }) => sendJson(res, 202, await call<QueuedResult>("webhooks.test", parseId(params), { retries: 0 }))),
    route("GET", `${base}/deliveries`, "listDeliveries", async ({ res, params, call }) => sendJson(res, 200, await call<DeliveriesResult>("webhooks.deliveries", parseId(params)))),
    route("POST", `${base}/deliveries/:deliveryId/replay`, "replayDelivery", async ({ res, params, call }) => sendJson(res, 202, await call<QueuedResult>("webhooks.replay", parseDelivery(params)))),
  ];
}

/** @throws webhook_not_found */
function parseId({ webhookId = "" }: Readonly<Record<string, string>>): EndpointIdParams {
  if (!new RegExp(ENDPOINT_ID).test(webhookId)) throw fail("webhook_not_found", "There is no such webhook.");
  return { id: webhookId };
}

/** @throws webhook_not_found */
function parseDelivery(params: Readonly<Record<string, string>>): DeliveryIdParams {
  const { deliveryId = "" } = params;
  if (!new RegExp(MESSAGE_ID).test(deliveryId)) throw fail("webhook_not_found", "There is no such delivery.");
  return { ...parseId(params), delivery: deliveryId };
}

/** @throws bad_request */
function parseCreate(body: Record<string, unknown>): CreateEndpointParams {
  const unknown = Object.keys(body).filter((name) => !(FIELDS as readonly string[]).includes(name));
  if (unknown.length > 0) throw fail("bad_request", `There is no field ${unknown.join(", ").slice(0, 100)}; there are ${FIELDS.join(", ")}.`);
  const { url, events, tenant, description } = body;
  if (typeof url !== "string" || url === "") throw fail("bad_request", "url must be an address.");
  if (!Array.isArray(events) || events.length === 0 || events.length > EVENT_TYPES.length || !events.every(isEventType)) throw fail("bad_request", `events must be a list of some of ${EVENT_TYPES.join(", ")}.`);
  if (tenant !== undefined && (typeof tenant !== "string" || !TENANT.test(tenant))) throw fail("bad_request", "tenant must be the name of one.");
  if (description !== undefined && (typeof description !== "string" || description.length > MAX_DESCRIPTION)) throw fail("bad_request", `description must be a string of at most ${MAX_DESCRIPTION} characters.`);
  return { url, events, ...(tenant === undefined ? {} : { tenant }), ...(description === undefined ? {} : { description }) };
}

function isEventType(value: unknown): value is EventType {
  return typeof value === "string" && (EVENT_TYPES as readonly string[]).includes(value);
}
