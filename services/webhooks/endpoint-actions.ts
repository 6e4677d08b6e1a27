/** What users and operators do with endpoints: make, see, change and end them, and look at what was delivered. */
import { isIP } from "node:net";
import type { Context } from "moleculer";
import { may, reaches, type Caller } from "../../config/access/permissions.ts";
import { errorMessage, fail, findErrorCode } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { newId } from "../../config/new-id.ts";
import { announceToAll } from "../../mixins/announce.ts";
import { bareHost, formatHostPort, parsePublicUrl, type AllowedOrigins } from "../../mixins/guarded-dial/public-url.ts";
import { findAddressRefused } from "../../mixins/guarded-dial/refusal.ts";
import { resolveGlobal, type ResolveHost } from "../../mixins/guarded-dial/resolve-host.ts";
import { needRedis } from "../../mixins/redis.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import type { Dispatch } from "./dispatch.ts";
import type { DueDeliveries } from "./due-deliveries.ts";
import { isEnabled, viewEndpoint, type Endpoint, type EndpointRecord, type EndpointStore } from "./endpoint-store.ts";
import type { Outbox } from "./outbox.ts";
import { makeSecret } from "./sign-message.ts";
import {
  ENDPOINT_ID, EVENT_TYPES, MAX_DESCRIPTION, MAX_ENDPOINTS, MESH_TYPES, MESSAGE_ID, type CreateEndpointParams, type DeliveriesResult, type DeliveryIdParams, type EndpointIdParams, type EndpointSecret, type EndpointView,
  type ListEndpointsResult, type Message, type QueuedResult, type WebhooksChanged,
} from "./webhooks.contract.ts";

/** Who calls as a node, or with the operator's own key. */
const ADMIN: Caller = { subject: "admin", roles: ["admin"] };
const MAX_URL = 2_048;
const id = { type: "string", pattern: new RegExp(ENDPOINT_ID) };
const delivery = { type: "string", pattern: new RegExp(MESSAGE_ID) };

export interface ActionNeeds { allowed: AllowedOrigins; resolve: ResolveHost }
/** What the service has opened for them. */
export interface EndpointPorts { store: EndpointStore; outbox: Outbox; due: DueDeliveries; log: DeliveryLog; dispatch: Dispatch }
type This = EndpointPorts & { broker: Parameters<typeof announceToAll>[0]; logger: { warn(message: string): void } };

export function endpointActions({ allowed, resolve }: ActionNeeds) {
  /** @throws webhook_not_found, also for another tenant's */
  async function findTheirs(service: This, ctx: Context<EndpointIdParams>): Promise<Endpoint> {
    const endpoint = await service.store.find(ctx.params.id);
    if (endpoint === undefined || !isTheirs(callerOf(ctx) ?? ADMIN, endpoint.record)) throw fail("webhook_not_found", "There is no such webhook.");
    return endpoint;
  }
  const changed = (service: This, endpointId: string): void => announceToAll(service.broker, "webhooks.changed", { id: endpointId } satisfies WebhooksChanged);
  const viewNow = async (service: This, endpointId: string): Promise<EndpointView> => {
    const endpoint = await service.store.find(endpointId);
    if (endpoint === undefined) throw fail("webhook_not_found", "There is no such webhook.");
    return viewEndpoint(endpoint, Date.now());
  };

  return {
    /** @throws bad_request, webhook_refused, forbidden, conflict when there are too many */
    create: {
      params: {
        url: { type: "string", max: MAX_URL }, events: { type: "array", min: 1, max: EVENT_TYPES.length, items: { type: "enum", values: [...EVENT_TYPES] } },
        tenant: { type: "string", pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, optional: true }, description: { type: "string", max: MAX_DESCRIPTION, optional: true },
      },
      async handler(this: This, ctx: Context<CreateEndpointParams>): Promise<EndpointSecret> {
        const caller = callerOf(ctx) ?? ADMIN;
        const { events, tenant = caller.tenant, description } = ctx.params;
        if (tenant !== undefined && !reaches(caller, tenant)) throw fail("forbidden", "A key of one tenant makes no webhook for another.");
        const mesh = events.filter((type) => (MESH_TYPES as readonly string[]).includes(type));
        if (mesh.length > 0 && (tenant !== undefined || !may(caller, "mesh.watch"))) throw fail("forbidden", `${mesh.join(", ")} are about the mesh: for operators, and no tenant's.`);
        const url = await parseEndpointUrl(ctx.params.url, allowed, resolve, (reason) => this.logger.warn(`webhook refused: ${reason}`));
        const others = (await this.store.list()).filter(({ record }) => record.tenant === tenant);
        if (others.length >= MAX_ENDPOINTS) throw fail("conflict", `There are ${MAX_ENDPOINTS} webhooks already: remove one first.`);
        const record: EndpointRecord = { id: `wh_${newId()}`, url: url.href, events: [...new Set(events)], createdAt: new Date().toISOString(), ...(tenant === undefined ? {} : { tenant }), ...(description === undefined ? {} : { description }) };
        const secret = makeSecret();
        await this.store.create(record, secret);
        changed(this, record.id);
        return { ...record, secret };
      },
    },
    list: {
      async handler(this: This, ctx: Context): Promise<ListEndpointsResult> {
        const theirs = (await this.store.list()).filter(({ record }) => isTheirs(callerOf(ctx) ?? ADMIN, record));
        return { webhooks: theirs.map((endpoint) => viewEndpoint(endpoint, Date.now())).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)) };
      },
    },
    get: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<EndpointView> { return viewEndpoint(await findTheirs(this, ctx), Date.now()); },
    },
    remove: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<void> {
        await findTheirs(this, ctx).catch((error: unknown) => {
          // Of one that is damaged nobody can say whose it is.
          if (findErrorCode(error) !== "storage_damaged" || (callerOf(ctx) ?? ADMIN).tenant !== undefined) throw error;
        });
        await this.store.remove(ctx.params.id).catch((error: unknown) => {
          if (findErrorCode(error) !== "erasure_incomplete") throw error;
          this.logger.warn(`Webhook ${ctx.params.id} is deleted, but the store keeps versions that have its address and secrets: ${errorMessage(error)}`);
        });
        changed(this, ctx.params.id);
        await this.outbox.forgetEndpoint(ctx.params.id);
        await this.due.forgetEndpoint(ctx.params.id).catch(() => undefined); // without it nothing is sent either
      },
    },
    /** Another secret; the one before signs beside it for a day. */
    rotate: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<EndpointSecret> {
        const secret = makeSecret();
        await this.store.rotate(await findTheirs(this, ctx), secret);
        changed(this, ctx.params.id);
        if ((await this.store.find(ctx.params.id))?.secrets[0]?.secret !== secret) throw fail("conflict", "Somebody else changed the webhook at the same time.");
        return { ...(await viewNow(this, ctx.params.id)), secret };
      },
    },
    enable: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<EndpointView> {
        const endpoint = await findTheirs(this, ctx);
        if (!isEnabled(endpoint)) {
          await this.store.enable(endpoint);
          await needRedis(() => this.log.noteHealth(ctx.params.id, true));
          changed(this, ctx.params.id);
        }
        return await viewNow(this, ctx.params.id);
      },
    },
    /** A message that says nothing, at once. @throws conflict for one that is disabled */
    test: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<QueuedResult> {
        if (!isEnabled(await findTheirs(this, ctx))) throw fail("conflict", "The webhook is disabled: enable it first.");
        const message: Message = { id: `msg_${newId()}_test`, type: "webhook.test", timestamp: new Date().toISOString(), data: { webhook: ctx.params.id } };
        await this.dispatch.send(ctx.params.id, message);
        return { id: ctx.params.id, delivery: message.id };
      },
    },
    /** The last hundred, as far as Redis has them. @throws queue_unavailable */
    deliveries: {
      params: { id },
      async handler(this: This, ctx: Context<EndpointIdParams>): Promise<DeliveriesResult> {
        await findTheirs(this, ctx);
        return { deliveries: await needRedis(() => this.log.list(ctx.params.id)) };
      },
    },
    /** The same message once more, under its id. @throws webhook_not_found, queue_unavailable, conflict for one that is disabled */
    replay: {
      params: { id, delivery },
      async handler(this: This, ctx: Context<DeliveryIdParams>): Promise<QueuedResult> {
        const endpoint = await findTheirs(this, ctx);
        const logged = await needRedis(() => this.log.find(ctx.params.id, ctx.params.delivery));
        if (logged === undefined) throw fail("webhook_not_found", "There is no such delivery any more.");
        if (!isEnabled(endpoint)) throw fail("conflict", "The webhook is disabled: enable it first.");
        await this.dispatch.send(ctx.params.id, logged.content);
        return { id: ctx.params.id, delivery: logged.id };
      },
    },
  } as const;
}

const isTheirs = ({ tenant }: Caller, record: EndpointRecord): boolean => tenant === undefined || record.tenant === tenant;

/** @throws bad_url, webhook_refused; where it leads is looked at once more whenever it is dialled */
async function parseEndpointUrl(text: string, allowed: AllowedOrigins, resolve: ResolveHost, note: (reason: string) => void): Promise<URL> {
  const refused = (): Error => fail("webhook_refused", "The address must be https, of a public host that can be found, on port 443.");
  try {
    const url = parsePublicUrl(text, allowed);
    if (allowed.has(formatHostPort(url))) return url;
    if (url.protocol !== "https:") throw refused();
    if (isIP(bareHost(url.hostname)) === 0) await resolveGlobal(url.hostname, resolve).catch((error: unknown) => { note(String(error)); throw refused(); });
    return url;
  } catch (error) {
    const address = findAddressRefused(error);
    if (address === undefined) throw error;
    note(address.message);
    throw refused();
  }
}
