/** Where things can be reached, as settings say it and as a client on this machine needs it. */
import type { Config, StoreLocation } from "../../config/config.ts";
import { SERVICES } from "../../config/services.ts";

/** Every-interface addresses are no destination. */
export function clientHost(listenHost: string): string {
  return listenHost === "0.0.0.0" || listenHost === "::" || listenHost === "" ? "127.0.0.1" : listenHost;
}

/** @param scheme of a gateway: as `gatewayScheme` says */
export function httpBase(host: string, port: number, scheme: "http" | "https" = "http"): string {
  const name = clientHost(host);
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

export function gatewayScheme({ tls }: Pick<Config, "tls">): "http" | "https" {
  return tls === undefined ? "http" : "https";
}

/** As LECTERN_STORE takes it. */
export function formatStore(store: StoreLocation): string {
  return store.kind === "file" ? `file:${store.dir}` : `s3://${store.bucket}`;
}

/**
 * Where to ask a node whether it is up: its gateway, else its own probe. Only a node with all services makes a video
 * play without others, so only of such a one is it expected.
 */
export function readinessUrl(config: Config, httpPort: number, metricsPort: number): string {
  const base = config.services.includes("gateway") ? httpBase(config.httpHost, httpPort, gatewayScheme(config)) : httpBase(config.metricsHost, metricsPort);
  return `${base}/health/${config.services.length === SERVICES.length ? "ready" : "live"}`;
}
