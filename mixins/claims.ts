/** Claims: objects that each name the one video that stands for something. Who comes first makes it, its owner releases it. */
import type { StorageCalls } from "./storage-calls.ts";

export function openClaims(storage: Pick<StorageCalls, "get" | "put" | "remove">) {
  /** The video that holds the claim. What is damaged is nobody's. */
  async function find(key: string): Promise<string | undefined> {
    const bytes = await storage.get(key);
    return bytes === null ? undefined : parseClaim(JSON.parse(bytes.toString("utf8")));
  }

  return {
    find,
    /** The video that it was claimed for: `id`, or who came first. */
    async claim(key: string, id: string): Promise<string> {
      if ((await storage.put(key, Buffer.from(JSON.stringify({ id })), true)).stored) return id;
      return (await find(key)) ?? id;
    },
    /** Lets the next one have it, when it is this video's. */
    async release(key: string, id: string): Promise<void> {
      if ((await find(key)) === id) await storage.remove(key);
    },
  };
}

export type Claims = ReturnType<typeof openClaims>;

function parseClaim(value: unknown): string | undefined {
  return typeof value === "object" && value !== null && "id" in value && typeof value.id === "string" ? value.id : undefined;
}
