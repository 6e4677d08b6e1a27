/** What a benchmark of the whole needs: an origin that counts, and a mesh of its own that may fetch from it. */
import { compiledCode } from "../bin/compiled-code.ts";
import { startMesh, type Mesh } from "../test/support/mesh.ts";
import { openOrigin, type Origin } from "./origin.ts";

/**
 * `dir`: the files that the origin serves; `settings`: others of the mesh. Both end with `work`. Compiled code is kept beside the
 * files: from the second time on the mesh is one that has been started before.
 */
export async function onStagedMesh(dir: string, ffmpegPath: string, work: (mesh: Mesh, origin: Origin) => Promise<void>, settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const origin = await openOrigin(dir);
  try {
    const mesh = await startMesh({ settings: { LECTERN_SOURCE_ALLOW: origin.hostPort, LECTERN_FFMPEG: ffmpegPath, NODE_COMPILE_CACHE: compiledCode(dir), ...settings } });
    try {
      await work(mesh, origin);
    } finally {
      await mesh.stop();
    }
  } finally {
    await origin.close();
  }
}
