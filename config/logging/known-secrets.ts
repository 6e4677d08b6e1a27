/** What of a node's own environment must come into no log: the secrets of its settings, and passwords within them. */
import { SETTINGS, type Setting } from "../settings.ts";
import { splitList } from "../setting-values.ts";

const AWS = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID"];

export function knownSecrets(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const settings: readonly Setting[] = Object.values(SETTINGS);
  const storeKeys = splitList(env[SETTINGS.storeKeys.env]).filter((one) => one.startsWith("env:")).map((one) => one.slice("env:".length));
  const secret = settings.filter((setting) => setting.secret === true && setting.type.kind !== "url").flatMap(({ env: name }) => [env[name], ...splitList(env[name])]);
  const urls = settings.filter(({ type }) => type.kind === "url").flatMap(({ env: name }) => splitList(env[name]));
  return [...secret, ...[...AWS, ...storeKeys].map((name) => env[name]), ...urls.flatMap(passwordsOf)].filter((text): text is string => text !== undefined && text !== "");
}

function passwordsOf(url: string): (string | undefined)[] {
  if (!URL.canParse(url)) return [];
  const { password } = new URL(url);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password]; // no percent-encoding after all
  }
}
