/** What nodes are for: which services they run, and which secrets they are given. */
import { resolveServices, SERVICES, type ServiceName } from "../../config/services.ts";

/** `edge` has the gateway and what it needs, `worker` all else, `operator` is a prompt (`npm run repl`): it asks, and has no services. */
export const ROLES = ["edge", "worker", "operator"] as const;
export type Role = (typeof ROLES)[number];

export function servicesOf(role: Role): readonly ServiceName[] {
  switch (role) {
    case "edge": return ["gateway", "delivery", "cache"];
    case "worker": {
      const elsewhere = resolveServices(servicesOf("edge"));
      return SERVICES.filter((name) => !elsewhere.includes(name));
    }
    case "operator": return [];
    default: return role satisfies never;
  }
}
