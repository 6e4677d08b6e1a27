/** Says in time that a certificate of this node ends: in its log, and as a metric. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ServiceBroker } from "moleculer";
import type { Config } from "../../config/config.ts";
import { errorMessage } from "../../config/errors.ts";
import { registerMetrics } from "../../config/metrics/register-metrics.ts";

const LOOK_MS = 3_600_000;
const WARN_DAYS = 14;
const DAY_MS = 86_400_000;

/** Which certificates this node shows, by whom it shows them to. */
export function shownCertificates({ tls, nats, redis, services }: Pick<Config, "tls" | "nats" | "redis" | "services">): ReadonlyMap<string, string> {
  const shown = [["gateway", services.includes("gateway") ? tls?.cert : undefined], ["nats", nats.pair?.cert], ["redis", redis.pair?.cert]] as const;
  return new Map(shown.flatMap(([name, path]) => (path === undefined ? [] : [[name, path]])));
}

/** @param certificates paths, by name @returns ends it */
export async function watchCertificates(broker: ServiceBroker, certificates: ReadonlyMap<string, string>, now: () => number = Date.now): Promise<() => void> {
  const { logger } = broker;
  if (certificates.size === 0) return () => undefined;
  const metrics = registerMetrics(broker, "node");
  const warned = new Map<string, number>();
  const look = async (): Promise<void> => {
    for (const [name, path] of certificates) {
      try {
        const until = Date.parse(new X509Certificate(await readFile(path)).validTo);
        metrics.set("lectern_certificate_expiry_timestamp_seconds", until / 1_000, { certificate: name });
        const days = Math.floor((until - now()) / DAY_MS);
        if (days >= WARN_DAYS || warned.get(name) === days) continue;
        warned.set(name, days); // once a day
        logger.warn(`The certificate ${path} ${days < 0 ? "has expired" : `expires in ${days} days`}: \`npm run keys\` makes it anew where it made it.`);
      } catch (error) {
        logger.warn(`The certificate ${path} cannot be read: ${errorMessage(error)}`);
      }
    }
  };
  await look();
  const timer = setInterval(() => void look(), LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
