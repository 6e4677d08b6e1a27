/** Listings of an object store: a suite of its own, for every store lists in another way. */
import { expect } from "chai";
import { array, assert, asyncProperty, integer, stringMatching } from "fast-check";
import { compareKeys } from "../../services/storage/object-key.ts";
import type { ObjectStore } from "../../services/storage/object-store.ts";
import type { ListParams, ListResult } from "../../services/storage/storage.contract.ts";

/** Objects that say their own key. */
export async function fillStore(store: ObjectStore, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))));
}

/** Every page of a listing. */
export async function listAll(store: ObjectStore, params: ListParams): Promise<{ keys: string[]; prefixes: string[]; pages: ListResult[] }> {
  const pages: ListResult[] = [];
  for (let after: string | undefined; pages.length < 100;) {
    const page: ListResult = await store.list({ ...params, ...(after === undefined ? {} : { after }) });
    pages.push(page);
    after = page.next;
    if (after === undefined) break;
  }
  return { keys: pages.flatMap(({ objects }) => objects.map(({ key }) => key)), prefixes: pages.flatMap(({ prefixes }) => prefixes), pages };
}

/** @param store the one that is open; others may have written there */
export function objectListingSuite(store: () => ObjectStore): void {
  it("keys in byte order, with sizes", async () => {
    const keys = ["order/a-b", "order/a.c", "order/a/x", "order/a/y/z", "order/a0", "order/B", "order/\uFFFD", "order/\u{10000}", "order/é", "order/10", "order/9"];
    await fillStore(store(), keys);
    const { objects, prefixes, next } = await store().list({ prefix: "order/" });
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(objects).to.deep.equal(sorted.map((key) => ({ key, size: Buffer.byteLength(key) })));
    expect({ prefixes, next }).to.deep.equal({ prefixes: [], next: undefined });
  });

  it("by prefix, whether a folder or the beginning of a name", async () => {
    await fillStore(store(), ["pre/ab/1", "pre/abc/1", "pre/b"]);
    expect((await listAll(store(), { prefix: "pre/ab" })).keys).to.deep.equal(["pre/ab/1", "pre/abc/1"]);
    expect((await listAll(store(), { prefix: "pre/ab/" })).keys).to.deep.equal(["pre/ab/1"]);
    expect((await listAll(store(), { prefix: "pre/x/" })).keys).to.deep.equal([]);
  });

  it("page by page, each key once", async () => {
    const keys = Array.from({ length: 23 }, (_, i) => `page/${String(i).padStart(2, "0")}/object`);
    await fillStore(store(), keys);
    const { keys: listed, pages } = await listAll(store(), { prefix: "page/", limit: 5 });
    expect(listed).to.deep.equal(keys);
    expect(pages.map(({ objects }) => objects.length)).to.deep.equal([5, 5, 5, 5, 3]);
    expect((await store().list({ prefix: "page/", after: "page/21" })).objects.map(({ key }) => key)).to.deep.equal(keys.slice(21));
    expect((await store().list({ prefix: "page/", after: "page/21/object" })).objects.map(({ key }) => key)).to.deep.equal(keys.slice(22));
    expect((await store().list({ prefix: "page/", limit: 23 })).next).to.equal(undefined);
  });

  it("each folder once when asked for a delimiter, page by page", async () => {
    await fillStore(store(), ["tree/a/1", "tree/a/2", "tree/b/c/1", "tree/b/c/2", "tree/b/d", "tree/e", "tree/f/1", "tree/g"]);
    const whole = await store().list({ prefix: "tree/", delimiter: "/" });
    expect(whole.prefixes).to.deep.equal(["tree/a/", "tree/b/", "tree/f/"]);
    expect(whole.objects.map(({ key }) => key)).to.deep.equal(["tree/e", "tree/g"]);
    for (const limit of [1, 2, 3, 4]) {
      const { keys, prefixes, pages } = await listAll(store(), { prefix: "tree/", delimiter: "/", limit });
      expect({ keys, prefixes }, `limit ${limit}`).to.deep.equal({ keys: ["tree/e", "tree/g"], prefixes: ["tree/a/", "tree/b/", "tree/f/"] });
      expect(pages.every(({ objects, prefixes }) => objects.length + prefixes.length <= limit)).to.equal(true);
    }
    expect((await store().list({ prefix: "tree/b", delimiter: "/" })).prefixes).to.deep.equal(["tree/b/"]);
  });

  it("no folder whose objects are gone", async () => {
    await fillStore(store(), ["gone/a/1", "gone/b/1"]);
    await store().remove("gone/a/1");
    expect((await store().list({ prefix: "gone/", delimiter: "/" })).prefixes).to.deep.equal(["gone/b/"]);
  });

  it("whatever tree there is like a sorted array", async () => {
    const part = stringMatching(/^[ab0-]{1,2}$/);
    let round = 0;
    await assert(asyncProperty(array(array(part, { minLength: 1, maxLength: 3 }), { maxLength: 12 }), integer({ min: 1, max: 5 }), async (paths, limit) => {
      const folder = `any/${round++}/`;
      // A name is either an object or a folder here: a directory cannot have it both ways.
      const keys = [...new Set(paths.map((parts) => `${folder}${parts.map((text) => `d${text}`).join("/")}/o`))];
      await fillStore(store(), keys);
      expect((await listAll(store(), { prefix: folder, limit })).keys).to.deep.equal(keys.sort(compareKeys));
    }), { numRuns: 12 });
  });
}
