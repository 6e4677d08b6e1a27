/**
 * Which services exist, in the order they start (ground floor first), and which must sit on the same node so that
 * media bytes never cross the mesh: whoever touches bytes has its own door to the sources and to the store.
 */
export const SERVICES = ["metrics", "node", "storage", "audit", "access", "videos", "source", "quality", "validator", "transcoder", "scheduler", "capacity", "screening", "cache", "delivery", "errors", "webhooks", "operator", "persons", "insights", "forecast", "gateway"] as const;
export type ServiceName = (typeof SERVICES)[number];

const BESIDE: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  metrics: [],
  node: ["audit"], // what is ordered of any node is written down there, beside it
  storage: [],
  audit: ["storage"],
  access: ["storage"],
  videos: ["storage"],
  source: ["storage"],
  quality: [],
  validator: ["source"],
  transcoder: ["source", "storage", "quality"],
  scheduler: ["storage", "capacity"],
  capacity: ["storage"],
  forecast: ["storage"],
  screening: ["source", "storage"],
  cache: ["storage"],
  delivery: ["cache"],
  errors: ["audit"], // what is done with them is written down there
  webhooks: ["storage"],
  operator: [],
  persons: ["storage"],
  insights: ["storage"],
  gateway: ["delivery", "source", "errors", "webhooks", "operator", "access", "persons", "insights", "forecast"],
};

/**
 * The services a node starts when asked for `names` (none named: all), with those they need beside them.
 * @throws Error naming what does not exist
 */
export function resolveServices(names: readonly string[]): readonly ServiceName[] {
  if (names.length === 0) return SERVICES;
  const unknown = names.filter((name) => !isServiceName(name));
  if (unknown.length > 0) throw new Error(`names no service "${unknown.join(", ")}"; there are ${SERVICES.join(", ")}`);
  const wanted = new Set<ServiceName>();
  const add = (name: ServiceName): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    BESIDE[name].forEach(add);
  };
  add("metrics"); // every node can be seen
  add("node"); // and drained
  names.filter(isServiceName).forEach(add);
  return SERVICES.filter((name) => wanted.has(name));
}

function isServiceName(name: string): name is ServiceName {
  return (SERVICES as readonly string[]).includes(name);
}
