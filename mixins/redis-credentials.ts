/** What a connection to Redis shows, and whom it believes. */
import type { Redis, RedisOptions } from "ioredis";
import type { Config } from "../config/config.ts";
import { liveFile } from "../config/readable-file.ts";

/** All of it is read from its files at each connection, so that renewed ones are taken up with the next. */
export function redisTls(url: string, { ca, pair }: Config["redis"]): Pick<RedisOptions, "tls"> {
  if (!url.startsWith("rediss:")) return {};
  const files = { ...(ca === undefined ? {} : { ca }), ...(pair === undefined ? {} : pair) };
  const getters = Object.entries(files).map(([name, path]) => [name, { enumerable: true, get: liveFile(path) }] as const);
  return { tls: Object.defineProperties({}, Object.fromEntries(getters)) };
}

/** The password of the user that the URL names; it stands above one in the URL. */
export function usePasswordFile(redis: Redis, { passwordFile }: Config["redis"]): void {
  if (passwordFile === undefined) return;
  const read = liveFile(passwordFile);
  Object.defineProperty(redis.options, "password", { enumerable: false, get: () => read().toString("utf8").trim() });
}
