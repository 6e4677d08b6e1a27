/** What a test asks of the page's player. Runs in the page, so each function stands alone. */
import type { Page } from "playwright-core";

interface Watched { stalls: number; stalledMs: number; startedAt: number | undefined }
interface PlayerPage { lectern?: { video: HTMLVideoElement; hls: { levels: { height: number; url: string[] }[]; currentLevel: number } }; watched?: Watched }

/** Counts stalls of every player that the page opens from now on: `waiting` after it first played, other than by seeking. */
export async function watchStalls(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const global = globalThis as PlayerPage;
    const watched: Watched = { stalls: 0, stalledMs: 0, startedAt: undefined };
    global.watched = watched;
    let stalledAt: number | undefined;
    document.addEventListener("playing", () => {
      watched.startedAt ??= performance.now();
      if (stalledAt !== undefined) watched.stalledMs += performance.now() - stalledAt;
      stalledAt = undefined;
    }, true);
    document.addEventListener("waiting", ({ target }) => {
      if (watched.startedAt === undefined || !(target instanceof HTMLVideoElement) || target.seeking) return;
      watched.stalls++;
      stalledAt = performance.now();
    }, true);
  });
}

export async function stallsOf(page: Page): Promise<Watched> {
  return await page.evaluate(() => (globalThis as PlayerPage).watched ?? { stalls: -1, stalledMs: -1, startedAt: undefined });
}

/**
 * Waits until the player has played `seconds` of media beyond where it is, or `from` when given.
 * @throws Error saying what the player was at, when that takes too long
 */
export async function waitForPlay(page: Page, seconds: number, timeoutMs: number, from?: number): Promise<void> {
  await page.waitForFunction(() => (globalThis as PlayerPage).lectern !== undefined, null, { timeout: timeoutMs });
  const start = from ?? await page.evaluate(() => (globalThis as PlayerPage).lectern?.video.currentTime ?? 0);
  await page.waitForFunction((until) => ((globalThis as PlayerPage).lectern?.video.currentTime ?? 0) >= until, start + seconds, { timeout: timeoutMs })
    .catch(async (error: unknown) => { throw new Error(`did not play to ${start + seconds} s: ${await playerState(page)}`, { cause: error }); });
}

async function playerState(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const { video } = (globalThis as PlayerPage).lectern ?? {};
    if (video === undefined) return "no player";
    const { currentTime, duration, paused, seeking, readyState, error, buffered } = video;
    const ranges = Array.from({ length: buffered.length }, (_, i) => [buffered.start(i), buffered.end(i)]);
    const asked = performance.getEntriesByType("resource").slice(-12).map((entry) => `${new URL(entry.name).pathname} ${(entry as PerformanceResourceTiming).responseStatus} ${Math.round(entry.startTime)}+${Math.round(entry.duration)}`);
    return JSON.stringify({ now: Math.round(performance.now()), currentTime, duration, paused, seeking, readyState, error: error?.message, ranges, fault: document.querySelector(".fault:not([hidden])")?.textContent, asked });
  });
}

/** Seeks to a share of the duration; answers the time. */
export async function seekTo(page: Page, share: number): Promise<number> {
  return await page.evaluate((part) => {
    const video = (globalThis as PlayerPage).lectern?.video;
    if (video === undefined) return 0;
    video.currentTime = video.duration * part;
    return video.currentTime;
  }, share);
}

export async function heightPlaying(page: Page): Promise<number> {
  return await page.evaluate(() => (globalThis as PlayerPage).lectern?.video.videoHeight ?? 0);
}
