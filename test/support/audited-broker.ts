/** A node that writes its part of the audit log into memory, or where it is told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrokerOptions, CallingOptions, ServiceBroker } from "moleculer";
import { passports } from "../../config/access/passports.ts";
import type { Caller } from "../../config/access/permissions.ts";
import { accessGuard } from "../../config/middlewares/access-guard.ts";
import { auditTrail } from "../../config/middlewares/audit-trail.ts";
import { auditService, type AuditSettings } from "../../services/audit/audit.service.ts";
import { storageService } from "../../services/storage/storage.service.ts";
import { memoryStore } from "./memory-store.ts";
import { quietBroker } from "./quiet-broker.ts";

export const MESH_SECRET = "the secret of this mesh, for a test";
const papers = passports(MESH_SECRET, "test");

export interface Audited { broker: ServiceBroker; store: ReturnType<typeof memoryStore>; auditKey: string; stop(): Promise<void> }

export function auditedBroker({ options = {}, store = memoryStore(), settings = {}, now }: { options?: BrokerOptions; store?: ReturnType<typeof memoryStore>; settings?: Partial<AuditSettings>; now?: () => Date } = {}): Audited {
  const dir = mkdtempSync(join(tmpdir(), "lectern-audit-"));
  const auditKey = settings.auditKey ?? join(dir, "audit.key");
  const broker = quietBroker({ middlewares: [auditTrail(), accessGuard(papers)], ...options });
  broker.createService(storageService({ store: { kind: "file", dir: "unused" } }, async () => store));
  broker.createService(auditService({ region: "eu", namespace: "test", auditDays: 400, pseudonymKey: undefined, meshSecret: MESH_SECRET, ...settings, auditKey }, now));
  return {
    broker, store, auditKey,
    async stop() {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function as(caller: Caller, meta: object = {}): CallingOptions {
  return { meta: { passport: papers.issue(caller), ...meta }, requestID: "req-1" };
}
