import { Worker } from "node:worker_threads";
import { expect } from "chai";

const THREAD = new URL("../../../../mixins/demuxer/demuxer-thread.ts", import.meta.url);

describe("the demuxer's thread", () => {
  it("loads a container reader, and nothing of the mesh, which would cost it twice its memory", async () => {
    const loaded = new Worker(`import(${JSON.stringify(THREAD.href)}).then(() => require("node:worker_threads").parentPort.postMessage(Object.keys(require.cache)))`, { eval: true });
    try {
      const paths = await new Promise<string[]>((resolve, reject) => loaded.once("message", resolve).once("error", reject));
      expect(new Set(paths.map((path) => /node_modules\/([^/]+)/.exec(path)?.[1] ?? path))).to.deep.equal(new Set([]));
    } finally {
      await loaded.terminate();
    }
  });
});
