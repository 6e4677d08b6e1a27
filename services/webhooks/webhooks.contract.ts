/** What others may say to `webhooks`: endpoints, and what was delivered to them. */

/** Of a tenant's videos. `ready`: it has its plan, and plays. */
export const VIDEO_TYPES = ["video.ready", "video.complete", "video.rejected", "video.failed", "video.deleted", "video.blocked"] as const;
/** Of the mesh: for who may watch it. */
export const MESH_TYPES = ["error.opened", "error.regressed"] as const;
export const EVENT_TYPES = [...VIDEO_TYPES, ...MESH_TYPES] as const;
export type EventType = (typeof EVENT_TYPES)[number];
export type MessageType = EventType | "webhook.test";

/** What is sent, after Standard Webhooks (https://www.standardwebhooks.com); `id` is its `webhook-id`, the same however often it comes. */
export interface Message { id: string; type: MessageType; /** ISO 8601: when it happened. */ timestamp: string; data: Readonly<Record<string, unknown>> }

export interface EndpointView {
  id: string;
  url: string;
  events: EventType[];
  /** Whose videos it hears of; absent: all tenants'. */
  tenant?: string;
  description?: string;
  createdAt: string;
  /** It gets nothing until it is enabled. `gone`: it answered 410. `failing`: for days nothing arrived. */
  disabled?: { why: "gone" | "failing"; at: string };
  /** When the secret before the last stops to sign beside it. */
  oldSecretUntil?: string;
}
/** `secret`: shown this once. */
export interface EndpointSecret extends EndpointView { secret: string }
export interface CreateEndpointParams { url: string; events: EventType[]; tenant?: string; description?: string }
export interface EndpointIdParams { id: string }
export interface ListEndpointsResult { webhooks: EndpointView[] }

/** `pending`: it is tried, again if it must. `failed`: no more, unless it is replayed. */
export type DeliveryStatus = "pending" | "delivered" | "failed";
export interface Attempt { at: string; /** What the endpoint answered. */ status?: number; /** Why there is no answer. */ error?: string; ms: number }
export interface Delivery {
  id: string;
  type: MessageType;
  status: DeliveryStatus;
  timestamp: string;
  /** The last ten. */
  attempts: Attempt[];
  attemptCount: number;
  nextAttemptAt?: string;
}
export interface DeliveriesResult { deliveries: Delivery[] }
export interface DeliveryIdParams extends EndpointIdParams { delivery: string }
export interface QueuedResult { id: string; delivery: string }

export const ENDPOINT_ID = "^wh_[0-9a-z]{26}$";
export const MESSAGE_ID = "^msg_[0-9A-Za-z_-]{1,150}$";
export const MAX_ENDPOINTS = 20;
export const MAX_DESCRIPTION = 200;
/** Payload of `webhooks.changed`, to every node. */
export interface WebhooksChanged { id: string }
