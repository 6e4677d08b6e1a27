/**
 * persons: what is kept of one person, all of it in one document, and its end by one order. It keeps nothing but such orders: what
 * there is of a person the other services have, and they remove it. Any number may run.
 */
import { Readable } from "node:stream";
import type { Redis } from "ioredis";
import type { Context, ServiceSchema, ServiceSettingSchema } from "moleculer";
import { loadConfig, type Config } from "../../config/config.ts";
import { fail } from "../../config/errors.ts";
import { callerOf } from "../../config/middlewares/access-guard.ts";
import { newId } from "../../config/new-id.ts";
import { openPseudonyms, personOf, type Pseudonyms } from "../../config/pseudonym.ts";
import { redisKeys } from "../../config/redis-keys.ts";
import { systemClock } from "../../mixins/clock.ts";
import { personMarks, type PersonMarks } from "../../mixins/person-marks.ts";
import { closeRedis, openRedis } from "../../mixins/redis.ts";
import { takeLock } from "../../mixins/redis-lock.ts";
import { storageCalls } from "../../mixins/storage-calls.ts";
import { isKept, type CollectPorts } from "./collect.ts";
import { erasePerson, type ErasePorts } from "./erase-person.ts";
import { erasureOrders, type ErasureOrder, type ErasureOrders } from "./erasure-orders.ts";
import { openErasures, type Erasures } from "./erasures.ts";
import { meshPorts } from "./mesh-ports.ts";
import { parsePerson } from "./parse-person.ts";
import { openPersonDocument } from "./person-document.ts";
import { VIDEOS_CHOICES, type ErasureParams, type ErasureView, type EraseParams, type PersonParams } from "./persons.contract.ts";
import { viewErasure } from "./view-erasure.ts";

export type PersonsSettings = Pick<Config, "redisUrl" | "namespace" | "pseudonymKey" | "meshSecret" | "linkMaxSec">;
interface Settings extends ServiceSettingSchema { namespace: string }
interface State { pseudonyms: Pseudonyms; marks: PersonMarks; orders: ErasureOrders; ports: CollectPorts & ErasePorts; redis: Redis; erasures: Erasures }

const person = { type: "string", min: 1, max: 1_100 } as const;

export function personsService({ redisUrl, namespace, pseudonymKey, meshSecret, linkMaxSec }: PersonsSettings, open = openRedis) {
  const schema: ServiceSchema<Settings, object, State> = {
    name: "persons",
    settings: { namespace },
    dependencies: ["storage"],
    actions: {
      /** A `PersonDocument` as a stream, for a caller on this node, which takes it as fast as it can. @throws bad_request, person_not_found */
      export: {
        params: { person },
        async handler(ctx: Context<PersonParams>): Promise<Readable> {
          const whom = { person: parsePerson(ctx.params.person, this.pseudonyms), tenant: callerOf(ctx)?.tenant };
          return Readable.from(await openPersonDocument(whom, this.ports), { objectMode: false });
        },
      },
      /** The same of whoever asks. @throws person_not_found also when that is no person */
      exportOwn: {
        async handler(ctx: Context): Promise<Readable> {
          const caller = callerOf(ctx);
          const own = personOf(caller?.subject);
          if (own === undefined) throw fail("person_not_found", "No person is known by what this request shows.");
          return Readable.from(await openPersonDocument({ person: own, tenant: caller?.tenant }, this.ports), { objectMode: false });
        },
      },
      /** Orders it: from here on it is done, whoever dies. Where the same was ordered and is under way, that is the answer. @throws bad_request, person_not_found */
      erase: {
        params: { person, videos: { type: "enum", values: [...VIDEOS_CHOICES], default: "erase" } },
        async handler(ctx: Context<EraseParams>): Promise<ErasureView> {
          const { tenant, subject = "node" } = callerOf(ctx) ?? {};
          const { videos = "erase" } = ctx.params;
          const whom = { person: parsePerson(ctx.params.person, this.pseudonyms), tenant };
          for await (const order of this.orders.open()) if (order.person === whom.person && order.tenant === tenant && order.videos === videos) return await viewErasure(order, this.orders, this.marks);
          if (!(await isKept(whom, this.ports))) throw fail("person_not_found", "Nothing is kept of this person.");
          const order: ErasureOrder = { id: newId(), person: whom.person, ...(tenant === undefined ? {} : { tenant }), videos, at: new Date().toISOString(), by: subject };
          await this.orders.create(order);
          this.erasures.begin(order);
          return { id: order.id, videos, orderedAt: order.at, status: "running" };
        },
      },
      /** How far an order is. @throws erasure_not_found, also for another tenant's */
      erasure: {
        params: { id: { type: "string", pattern: /^[0-9a-z]{26}$/ } },
        async handler(ctx: Context<ErasureParams>): Promise<ErasureView> {
          const { id } = ctx.params;
          const tenant = callerOf(ctx)?.tenant;
          const order = (await this.orders.find(id)) ?? (await this.orders.findDone(id));
          if (order === undefined || (tenant !== undefined && tenant !== order.tenant)) throw fail("erasure_not_found", "There is no such order.");
          return await viewErasure(order, this.orders, this.marks);
        },
      },
    },
    async started() {
      const calls = storageCalls(this.broker);
      const names = redisKeys(namespace);
      this.pseudonyms = openPseudonyms(pseudonymKey ?? meshSecret, namespace);
      this.marks = personMarks(calls);
      this.orders = erasureOrders(calls);
      this.ports = meshPorts({ broker: this.broker, marks: this.marks, orders: this.orders, linkMaxSec });
      this.redis = await open(redisUrl, this.logger);
      this.erasures = openErasures({
        orders: this.orders, clock: systemClock, logger: this.logger,
        carryOut: (order, signal) => erasePerson(order, this.ports, signal),
        lock: (orderId) => takeLock(this.redis, names.erasing(orderId), this.broker.nodeID, this.logger),
      });
    },
    async stopped() {
      await this.erasures?.close(); // absent when started() failed
      closeRedis(this.redis);
    },
  };
  return schema;
}

export default personsService(loadConfig(process.env));
