/** Gives the gateway a video, plays its beginning and follows it to its end, telling the terminal. */
import { basename } from "node:path";
import { StartError } from "../start/start-error.ts";
import { isAddress, type AddOptions } from "./add-arguments.ts";
import { playFirstSegment } from "./first-play.ts";
import { followVideo, type VideoEnd } from "./follow-video.ts";
import { ApiError, NoServerError, postLink, postVideo, type AddedVideo, type VideoLink } from "./gateway-client.ts";
import { formatDuration, openProgressLine } from "./progress-line.ts";
import { sendVideo } from "./send-video.ts";
import type { Server } from "./find-server.ts";

export interface Terminal { isTTY?: boolean; write(text: string): unknown }

/**
 * @param what a URL, or an absolute path
 * @param memory a file that remembers uploads that have begun
 * @returns the exit code: 0 when it plays (and, when followed, is complete), else 1
 */
export async function addVideo(server: Server, what: string, options: AddOptions, terminal: Terminal, memory: string): Promise<number> {
  const line = openProgressLine("uploading", terminal);
  const say = (text: string): void => line.say(text);
  const { title, policy, protection, priority } = options;
  const play = async (source: { url: string } | { uploadId: string; title: string }, signal?: AbortSignal): Promise<{ video: AddedVideo; rejected: boolean }> => {
    const postedAt = performance.now();
    const video = await postVideo(server, { ...source, ...(title === undefined ? {} : { title }), policy, protection, priority, ...(options.private ? { visibility: "private" } : {}) });
    say(video.existing ? `This is already video ${video.id}.` : `Video ${video.id} is accepted.`);
    return { video, rejected: await firstPlay(video, video.private ? await postLink(server, video.id) : video, postedAt, say, signal) };
  };
  try {
    const { video, rejected } = isAddress(what) ? await play({ url: what }) : await sendVideo(server, what, {
      memory, line, play: (uploadId, signal) => play({ uploadId, title: basename(what).replaceAll(/\p{Cc}/gu, " ") }, signal),
    });
    if (rejected) return 1;
    if (terminal.isTTY !== true && !options.wait) return 0;
    return await follow(server, video.id, terminal);
  } catch (error) {
    if (error instanceof NoServerError) throw new StartError(error.message);
    if (error instanceof SyntaxError) throw new StartError(`A playlist of ${server.url} can't be read: ${error.message}.`);
    if (!(error instanceof ApiError)) throw error;
    tellFault(error, say);
    return 1;
  }
}

/** @returns whether it turned out that the video is rejected */
async function firstPlay(video: AddedVideo, { hls, page, expiresAt }: Pick<AddedVideo, "hls" | "page"> & Partial<VideoLink>, postedAt: number, say: (text: string) => unknown, signal?: AbortSignal): Promise<boolean> {
  try {
    const { bytes } = await playFirstSegment(hls, signal);
    say(`First picture and sound after ${Math.round(performance.now() - postedAt)} ms (${Math.round(bytes / 1000)} kB).`);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    tellFault(error, say);
    return true;
  }
  say(`\n  watch     ${page}\n  playback  ${hls}\n`);
  if (expiresAt !== undefined) say(`Video ${video.id} is private: whoever has these links can watch it, until ${new Date(expiresAt).toLocaleString()}.\n`);
  return false;
}

/** Ctrl-C ends the following; the video goes on. */
async function follow(server: Server, videoId: string, terminal: Terminal): Promise<number> {
  const line = openProgressLine("encoding", terminal);
  const left = new AbortController();
  const onInterrupt = (): void => left.abort();
  process.once("SIGINT", onInterrupt);
  let end: VideoEnd;
  try {
    end = await followVideo(server, videoId, ({ stored, planned, etaSec }) => {
      line.show(stored, planned, `${stored} of ${planned} segments${etaSec === undefined || stored >= planned ? "" : `, about ${formatDuration(etaSec)} left`}`);
    }, left.signal);
  } catch (error) {
    if (!left.signal.aborted) throw error;
    terminal.write("\nThe server goes on with it.\n");
    return 0;
  } finally {
    line.end();
    process.off("SIGINT", onInterrupt);
  }
  switch (end.kind) {
    case "complete":
      terminal.write("Complete: all that its policy makes is stored.\n");
      return 0;
    case "deleted":
      terminal.write("The video was deleted.\n");
      return 1;
    case "rejected":
    case "failed":
      terminal.write(`The video ${end.kind === "failed" ? "failed" : "was rejected"}:\n${end.reasons.map((reason) => `  ${reason}\n`).join("")}`);
      return 1;
    default:
      return end satisfies never;
  }
}

function tellFault(error: ApiError, say: (text: string) => unknown): void {
  say(`${error.message} (${error.code})`);
  for (const reason of error.reasons) say(`  ${reason}`);
}
