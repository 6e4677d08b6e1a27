/** Sends a file, and begins to play it while it is sent, where that takes a while and its index comes first. */
import { open, stat } from "node:fs/promises";
import { hasIndexFirst } from "../../media/mp4/index-first.ts";
import { StartError, findSystemCode } from "../start/start-error.ts";
import { ApiError } from "./gateway-client.ts";
import { sendFile } from "./resumable-upload.ts";
import type { ProgressLine } from "./progress-line.ts";
import type { Server } from "./find-server.ts";

export interface SendVideoOptions<Played> {
  memory: string;
  line: ProgressLine;
  /** Posts the upload and plays its beginning. `signal`: the rest is not to come. */
  play(uploadId: string, signal: AbortSignal): Promise<Played>;
}

/** @throws StartError, ApiError, NoServerError */
export async function sendVideo<Played>(server: Server, path: string, { memory, line, play }: SendVideoOptions<Played>): Promise<Played> {
  const size = await fileSize(path);
  const early = await beginsWithIndex(path, size);
  const lost = new AbortController();
  let playing: Promise<Played> | undefined;
  const onProgress = (sent: number): void => line.show(sent, size, `${(sent / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB`);
  const onSlow = (uploadId: string): void => {
    if (!early) return;
    playing = play(uploadId, lost.signal);
    playing.catch(() => { playing = undefined; }); // it is posted again at the end
  };
  try {
    const uploadId = await sendFile(server, path, { memory, onProgress, onSlow });
    line.end();
    return await (playing ?? play(uploadId, lost.signal));
  } catch (error) {
    line.end();
    const refused = error instanceof ApiError && error.code === "upload_not_found"; // and who plays it hears why
    if (!refused) lost.abort(error);
    const played = await playing?.catch(() => undefined);
    if (refused && played !== undefined) return played;
    throw error;
  }
}

/** @throws StartError when there is no such file */
async function fileSize(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new StartError(`${path} is a directory, not a video.`);
    return found.size;
  } catch (error) {
    if (error instanceof StartError) throw error;
    const code = findSystemCode(error);
    throw new StartError(code === "ENOENT" ? `There is no file ${path}.` : `The file ${path} can't be read (${code ?? "unknown fault"}).`);
  }
}

async function beginsWithIndex(path: string, size: number): Promise<boolean> {
  const file = await open(path);
  try {
    return await hasIndexFirst(async (start, end) => (await file.read(Buffer.alloc(end - start), 0, end - start, start)).buffer, size);
  } finally {
    await file.close();
  }
}
