/** The part of the OpenAPI document that is about webhooks. */
import { ENDPOINT_ID, EVENT_TYPES, MAX_DESCRIPTION, MESSAGE_ID } from "../webhooks/webhooks.contract.ts";
import { count, json, list, ref, text, time, type Problems } from "./openapi-parts.ts";

const webhookId = { name: "webhookId", in: "path", required: true, schema: { type: "string", pattern: ENDPOINT_ID } };
const deliveryId = { name: "deliveryId", in: "path", required: true, schema: { type: "string", pattern: MESSAGE_ID } };

const asked = {
  url: { type: "string", format: "uri", description: "https, of a public host" }, events: list({ enum: EVENT_TYPES }),
  tenant: { ...text, description: "whose videos it hears of; absent: the key's tenant, or all" }, description: { type: "string", maxLength: MAX_DESCRIPTION },
};

export const webhookSchemas = {
  WebhookRequest: { type: "object", additionalProperties: false, required: ["url", "events"], properties: asked },
  Webhook: {
    type: "object", required: ["id", "url", "events", "createdAt"],
    properties: { id: text, ...asked, createdAt: time, disabled: { type: "object", properties: { why: { enum: ["gone", "failing"] }, at: time } }, oldSecretUntil: { ...time, description: "until when the secret before the last signs, too" } },
  },
  WebhookSecret: { allOf: [ref("Webhook"), { type: "object", required: ["secret"], properties: { secret: { ...text, description: "`whsec_…`, shown this once" } } }] },
  Delivery: {
    type: "object", required: ["id", "type", "status", "timestamp", "attempts", "attemptCount"],
    properties: {
      id: { ...text, description: "its `webhook-id`" }, type: text, status: { enum: ["pending", "delivered", "failed"] }, timestamp: time, attemptCount: count, nextAttemptAt: time,
      attempts: list({ type: "object", required: ["at", "ms"], properties: { at: time, status: { type: "integer" }, error: text, ms: count } }),
    },
  },
  QueuedDelivery: { type: "object", required: ["id", "delivery"], properties: { id: text, delivery: text } },
};

export function webhookPaths(problems: Problems) {
  const ok = (status: string, description: string, schema: object) => ({ [status]: { description, content: json(schema) } });
  return {
    "/v1/webhooks": {
      get: { operationId: "listWebhooks", summary: "Endpoints that are told what happens", responses: { ...ok("200", "All that the key may see", { type: "object", required: ["webhooks"], properties: { webhooks: list(ref("Webhook")) } }), ...problems("storage_unavailable") } },
      post: {
        operationId: "createWebhook", summary: "Have an endpoint told what happens", description: "Messages are signed as Standard Webhooks says, come at least once, under the same `webhook-id`, and are tried for a day. `error.…` are for operators.",
        requestBody: { required: true, content: json(ref("WebhookRequest")) },
        responses: { ...ok("201", "The webhook, with its secret", ref("WebhookSecret")), ...problems("bad_request", "bad_url", "body_too_large", "webhook_refused", "forbidden", "conflict", "cross_site", "storage_unavailable") },
      },
    },
    "/v1/webhooks/{webhookId}": {
      parameters: [webhookId],
      get: { operationId: "getWebhook", summary: "One webhook", responses: { ...ok("200", "The webhook", ref("Webhook")), ...problems("webhook_not_found", "storage_unavailable") } },
      delete: { operationId: "deleteWebhook", summary: "End a webhook, and what is on its way to it", responses: { "204": { description: "Ended" }, ...problems("webhook_not_found", "cross_site", "storage_unavailable") } },
    },
    "/v1/webhooks/{webhookId}/rotate": { parameters: [webhookId], post: { operationId: "rotateWebhook", summary: "Another secret; the one before signs beside it for another day", responses: { ...ok("201", "The webhook, with its new secret", ref("WebhookSecret")), ...problems("webhook_not_found", "conflict", "cross_site", "storage_unavailable") } } },
    "/v1/webhooks/{webhookId}/enable": { parameters: [webhookId], post: { operationId: "enableWebhook", summary: "Send again to an endpoint that was disabled", responses: { ...ok("200", "The webhook", ref("Webhook")), ...problems("webhook_not_found", "cross_site", "queue_unavailable", "storage_unavailable") } } },
    "/v1/webhooks/{webhookId}/test": { parameters: [webhookId], post: { operationId: "testWebhook", summary: "Send a `webhook.test`", responses: { ...ok("202", "It is on its way", ref("QueuedDelivery")), ...problems("webhook_not_found", "conflict", "cross_site", "storage_unavailable") } } },
    "/v1/webhooks/{webhookId}/deliveries": { parameters: [webhookId], get: { operationId: "listDeliveries", summary: "The last hundred deliveries of this region", responses: { ...ok("200", "The latest first", { type: "object", required: ["deliveries"], properties: { deliveries: list(ref("Delivery")) } }), ...problems("webhook_not_found", "queue_unavailable") } } },
    "/v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay": { parameters: [webhookId, deliveryId], post: { operationId: "replayDelivery", summary: "The same message once more, under its id", responses: { ...ok("202", "It is on its way", ref("QueuedDelivery")), ...problems("webhook_not_found", "conflict", "cross_site", "queue_unavailable") } } },
  };
}
