/**
 * Real players in one page of Chromium that is none of ours: hls.js and Shaka Player, each given a URL and nothing else.
 *
 *   const clients = await openClients(browser)
 *   await clients.play("shaka", url, { license? }) → { played: true, … } | { played: false, reason }      a second or two
 *
 * After a `play` that went well the others ask and steer the same player.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";

export type ClientName = "hls.js" | "shaka";
export type Played =
  | { played: true; seconds: number; width: number; height: number; from: number; heights: number[]; languages: string[]; captions: string[] }
  | { played: false; reason: string };

/** What the page's script gives. Every promise settles: each wait has its own time. */
interface InPage {
  open(client: ClientName, url: string, license: string | undefined, timeoutMs: number): Promise<Played>;
  seek(seconds: number, timeoutMs: number): Promise<{ at: number; frameAt: number }>;
  showHeight(height: number, timeoutMs: number): Promise<number>;
  showLanguage(language: string, timeoutMs: number): Promise<string>;
  cuesAt(language: string, seconds: number, timeoutMs: number): Promise<string[]>;
  brightness(seconds: number, timeoutMs: number): Promise<number>;
  seekPaused(seconds: number, timeoutMs: number): Promise<number>;
  close(): Promise<void>;
}
type Global = typeof globalThis & { client: InPage };

const SCRIPTS = ["hls.js/dist/hls.min.js", "shaka-player/dist/shaka-player.compiled.js"].map((name) => createRequire(import.meta.url).resolve(name));
const TIMEOUT_MS = 30_000;

export interface Clients {
  page: Page;
  /** `license`: where the browser's own ClearKey has its keys from. */
  play(client: ClientName, url: string, options?: { license?: string | undefined; timeoutMs?: number }): Promise<Played>;
  /** Plays on from there; answers where it then is, and the time of the first frame shown there. */
  seek(seconds: number): Promise<{ at: number; frameAt: number }>;
  /** Switches to the rendition of that height; answers the height of the picture that then plays. */
  showHeight(height: number): Promise<number>;
  /** Switches the sound; answers the language that then plays. */
  showLanguage(language: string): Promise<string>;
  /** Switches captions on and goes there, without playing; answers the text on the screen. */
  cuesAt(language: string, seconds: number): Promise<string[]>;
  /** Of the frame that is shown at that time, 0 to 255. */
  brightness(seconds: number): Promise<number>;
  /** The same as the screen has it: of encrypted media a page can read nothing. */
  screenBrightness(seconds: number): Promise<number>;
  close(): Promise<void>;
}

export async function openClients(browser: Browser): Promise<Clients> {
  const site = await openSite();
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.goto(site.url);
  for (const path of SCRIPTS) await page.addScriptTag({ path });
  await page.evaluate(installClient);
  const limit = TIMEOUT_MS;
  return {
    page,
    play: (client, url, { license, timeoutMs = limit } = {}) => page.evaluate(([client, url, license, timeoutMs]) => (globalThis as Global).client.open(client, url, license, timeoutMs), [client, url, license, timeoutMs] as const),
    seek: (seconds) => page.evaluate(([seconds, limit]) => (globalThis as Global).client.seek(seconds, limit), [seconds, limit] as const),
    showHeight: (height) => page.evaluate(([height, limit]) => (globalThis as Global).client.showHeight(height, limit), [height, limit] as const),
    showLanguage: (language) => page.evaluate(([language, limit]) => (globalThis as Global).client.showLanguage(language, limit), [language, limit] as const),
    cuesAt: (language, seconds) => page.evaluate(([language, seconds, limit]) => (globalThis as Global).client.cuesAt(language, seconds, limit), [language, seconds, limit] as const),
    brightness: (seconds) => page.evaluate(([seconds, limit]) => (globalThis as Global).client.brightness(seconds, limit), [seconds, limit] as const),
    async screenBrightness(seconds) {
      await page.evaluate(([seconds, limit]) => (globalThis as Global).client.seekPaused(seconds, limit), [seconds, limit] as const);
      const shot = await page.locator("video").screenshot();
      return await page.evaluate(measureImage, shot.toString("base64"));
    },
    async close() {
      await page.evaluate(() => (globalThis as Global).client.close());
      await page.close();
      await site.close();
    },
  };
}

/** Of a PNG, 0 to 255. Runs in the page, so it stands alone. */
async function measureImage(base64: string): Promise<number> {
  const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))]));
  const context = new OffscreenCanvas(16, 16).getContext("2d");
  if (context === null) throw new Error("the page cannot draw");
  context.drawImage(image, 0, 0, 16, 16);
  const { data } = context.getImageData(0, 0, 16, 16);
  return data.filter((_, index) => index % 4 !== 3).reduce((sum, value) => sum + value, 0) / (16 * 16 * 3);
}

/** Where the page is from: a secure origin, for others have no EME, and on this machine, for others may not ask it. */
async function openSite(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_req, res) => res.setHeader("Content-Type", "text/html").end("<!doctype html><title>clients</title><video muted playsinline width=1280 height=720></video>"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The few parts of the players that are used; both come as scripts without types of their own here. */
interface HlsPlayer {
  levels: { height: number }[]; currentLevel: number;
  audioTracks: { lang?: string; name: string }[]; audioTrack: number;
  subtitleTracks: { lang?: string; name: string }[]; subtitleTrack: number; subtitleDisplay: boolean;
  on(event: string, listener: (event: string, data: { fatal?: boolean; type?: string; details?: string; reason?: string }) => void): void;
  loadSource(url: string): void; attachMedia(video: HTMLVideoElement): void; destroy(): void;
}
interface LoaderCallbacks { onSuccess(response: { data: string }, ...rest: unknown[]): void }
interface HlsLoader { load(context: object, config: object, callbacks: LoaderCallbacks): void }
interface ShakaTrack { id: number; active: boolean; height: number; language: string; label: string | null }
interface ShakaPlayer {
  attach(video: HTMLVideoElement): Promise<void>; load(url: string): Promise<void>; destroy(): Promise<void>;
  addEventListener(type: string, listener: (event: { detail?: { code: number; category: number } }) => void): void;
  configure(config: object): void;
  getVariantTracks(): ShakaTrack[]; selectVariantTrack(track: ShakaTrack, clear: boolean): void;
  getAudioTracks(): ShakaTrack[]; selectAudioTrack(track: ShakaTrack): void;
  getTextTracks(): ShakaTrack[]; selectTextTrack(track: ShakaTrack): void;
}
interface Libraries {
  Hls: (new (config: object) => HlsPlayer) & { Events: Record<string, string>; DefaultConfig: { loader: new (config: object) => HlsLoader } };
  shaka: { Player: new () => ShakaPlayer; polyfill: { installAll(): void } };
}

/** Runs in the page, so it stands alone. */
function installClient(): void {
  const { Hls, shaka } = globalThis as unknown as Libraries;
  let video = document.querySelector("video") as HTMLVideoElement;
  let hls: HlsPlayer | undefined;
  let player: ShakaPlayer | undefined;
  let fault: string | undefined;
  shaka.polyfill.installAll();

  /** Until `done` answers something, or a fault, or the time is over. */
  async function until<T>(what: string, timeoutMs: number, done: () => T | undefined): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (fault !== undefined) throw new Error(fault);
      if (video.error !== null) throw new Error(`media error ${video.error.code}: ${video.error.message}`);
      const result = done();
      if (result !== undefined) return result;
      if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms (at ${video.currentTime} of ${video.duration}, ready ${video.readyState})`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const advance = (seconds: number, timeoutMs: number): Promise<number> => {
    const from = video.currentTime;
    return until(`playing on from ${from}`, timeoutMs, () => (video.currentTime >= Math.min(from + seconds, video.duration - 0.1) ? video.currentTime : undefined));
  };

  async function close(): Promise<void> {
    hls?.destroy();
    await player?.destroy();
    [hls, player, fault] = [undefined, undefined, undefined];
    video.removeAttribute("src");
    video.load();
    const fresh = video.cloneNode() as HTMLVideoElement; // text tracks that a player added can't be taken away
    video.replaceWith(fresh);
    video = fresh;
  }

  /** As the README says. */
  function byClearKey(licenseUrl: string): object {
    return {
      emeEnabled: true, drmSystems: { "org.w3.clearkey": { licenseUrl } },
      pLoader: class extends Hls.DefaultConfig.loader {
        override load(context: object, config: object, callbacks: LoaderCallbacks): void {
          super.load(context, config, { ...callbacks, onSuccess(response, ...rest) {
            response.data = response.data.replace(/^#EXT-X-KEY:.*KEYFORMAT="identity".*\n/gm, "");
            callbacks.onSuccess(response, ...rest);
          } });
        }
      },
    };
  }

  async function load(client: string, url: string, license: string | undefined): Promise<void> {
    if (client === "hls.js") {
      hls = new Hls({ maxBufferLength: 10, ...(license === undefined ? {} : byClearKey(license)) });
      hls.on(Hls.Events["ERROR"] ?? "", (_event, { fatal, type, details, reason }) => { if (fatal === true) fault = `hls.js: ${type} ${details} ${reason ?? ""}`; });
      hls.loadSource(url);
      hls.attachMedia(video);
      return;
    }
    player = new shaka.Player();
    player.addEventListener("error", ({ detail }) => { fault = `shaka: ${detail?.category}.${detail?.code}`; });
    player.configure({ streaming: { bufferingGoal: 10 }, ...(license === undefined ? {} : { drm: { servers: { "org.w3.clearkey": license } } }) });
    await player.attach(video);
    try {
      await player.load(url);
    } catch (error) {
      const { category, code, data } = error as { category: number; code: number; data: unknown };
      throw new Error(`shaka: ${category}.${code} ${JSON.stringify(data)?.slice(0, 300)}`, { cause: error });
    }
  }

  /** The time of the next frame that is composed, of those around `seconds`: one from before a seek may still come. */
  const nextFrame = (seconds: number, timeoutMs: number): Promise<number> => new Promise((resolve, reject) => {
    let waiting = true;
    const timer = setTimeout(() => {
      waiting = false;
      reject(new Error(`no frame was shown at ${seconds}; it is at ${video.currentTime}`));
    }, timeoutMs);
    // A page in which nothing moves may not be composed at all, and tells of no frames then.
    const draw = (): void => { if (waiting) requestAnimationFrame(draw); };
    draw();
    const look = (): void => {
      video.requestVideoFrameCallback((_now, { mediaTime }) => {
        if (Math.abs(mediaTime - seconds) > 0.5) return look();
        waiting = false;
        clearTimeout(timer);
        resolve(mediaTime);
      });
    };
    look();
  });

  async function seekPaused(seconds: number, timeoutMs: number): Promise<number> {
    video.pause();
    const shown = nextFrame(seconds, timeoutMs);
    shown.catch(() => undefined);
    video.currentTime = seconds;
    await until(`seeking to ${seconds}`, timeoutMs, () => (!video.seeking && video.readyState >= 2 ? true : undefined));
    return await shown;
  }

  (globalThis as Global).client = {
    close,
    async open(client, url, license, timeoutMs) {
      await close();
      try {
        await load(client, url, license);
        const started = until("starting", timeoutMs, () => (video.currentTime > 0 && video.readyState >= 2 ? true : undefined));
        await Promise.race([video.play(), started]); // of what never comes, `play` never tells
        await started;
        const from = video.buffered.start(0);
        await advance(1, timeoutMs);
        const unique = <T>(values: T[]): T[] => [...new Set(values)];
        return {
          played: true, seconds: video.duration, width: video.videoWidth, height: video.videoHeight, from,
          heights: unique((hls?.levels ?? player?.getVariantTracks() ?? []).map(({ height }) => height)),
          languages: hls === undefined ? unique((player?.getAudioTracks() ?? []).map(({ language }) => language)) : hls.audioTracks.map(({ lang }) => lang ?? ""),
          captions: hls === undefined ? (player?.getTextTracks() ?? []).map(({ language }) => language) : hls.subtitleTracks.map(({ lang }) => lang ?? ""),
        };
      } catch (error) {
        return { played: false, reason: error instanceof Error ? error.message : String(error) };
      }
    },
    async seek(seconds, timeoutMs) {
      const frameAt = await seekPaused(seconds, timeoutMs);
      await video.play();
      return { frameAt, at: await advance(1, timeoutMs) };
    },
    async showHeight(height, timeoutMs) {
      if (hls !== undefined) hls.currentLevel = hls.levels.findIndex((level) => level.height === height);
      else {
        player?.configure({ abr: { enabled: false } });
        const track = player?.getVariantTracks().find((candidate) => candidate.height === height);
        if (track === undefined) throw new Error(`there is no rendition of ${height} lines`);
        player?.selectVariantTrack(track, true);
      }
      await video.play();
      await until(`${height} lines`, timeoutMs, () => (video.videoHeight === height ? true : undefined));
      await advance(1, timeoutMs);
      return video.videoHeight;
    },
    async showLanguage(language, timeoutMs) {
      if (hls !== undefined) hls.audioTrack = hls.audioTracks.findIndex(({ lang }) => lang === language);
      else {
        const track = player?.getAudioTracks().find((candidate) => candidate.language === language);
        if (track === undefined) throw new Error(`there is no sound in ${language}`);
        player?.selectAudioTrack(track);
      }
      await video.play();
      await advance(1, timeoutMs);
      return hls === undefined ? (player?.getAudioTracks().find(({ active }) => active)?.language ?? "") : (hls.audioTracks[hls.audioTrack]?.lang ?? "");
    },
    async cuesAt(language, seconds, timeoutMs) {
      if (hls !== undefined) {
        hls.subtitleDisplay = true;
        hls.subtitleTrack = hls.subtitleTracks.findIndex(({ lang }) => lang === language);
      } else {
        const track = player?.getTextTracks().find((candidate) => candidate.language === language);
        if (track === undefined) throw new Error(`there are no captions in ${language}`);
        player?.selectTextTrack(track);
      }
      await seekPaused(seconds, timeoutMs);
      const showing = (): TextTrack[] => [...video.textTracks].filter(({ mode }) => mode === "showing");
      await until("captions", timeoutMs, () => (showing().some(({ cues }) => (cues?.length ?? 0) > 0) ? true : undefined));
      return showing().flatMap(({ activeCues }) => [...(activeCues ?? [])].map((cue) => (cue as VTTCue).getCueAsHTML().textContent ?? ""));
    },
    seekPaused,
    async brightness(seconds, timeoutMs) {
      await seekPaused(seconds, timeoutMs);
      const canvas = new OffscreenCanvas(16, 16);
      const context = canvas.getContext("2d");
      if (context === null) throw new Error("the page cannot draw");
      context.drawImage(video, 0, 0, 16, 16);
      const { data } = context.getImageData(0, 0, 16, 16);
      return data.filter((_, index) => index % 4 !== 3).reduce((sum, value) => sum + value, 0) / (16 * 16 * 3);
    },
  };
}
