import { createServer, type Server } from "node:http";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { chromium, type Browser, type Page } from "playwright-core";
import { openFolder, run, type Folder } from "../support/cmaf-media.ts";
import { repackage } from "../support/cmaf-repackage.ts";

const SECONDS = 6;
const RATE = 25;
const PICTURE = ["-f", "lavfi", "-i", `testsrc2=size=320x180:rate=${RATE}:duration=${SECONDS}`];
const SOUND = ["-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${SECONDS}`];

interface Played { buffered: [number, number][]; mediaTimes: number[]; error: string | undefined }

/** Appends the parts, then seeks to each time: what is buffered, and the exact time of the frame that is shown. */
async function play(page: Page, type: string, parts: string[], seeks: number[]): Promise<Played> {
  return page.evaluate(async ({ type, parts, seeks }) => {
    const video = document.createElement("video");
    video.muted = true;
    document.body.replaceChildren(video);
    const source = new MediaSource();
    video.src = URL.createObjectURL(source);
    await new Promise((resolve) => { source.addEventListener("sourceopen", resolve, { once: true }); });
    const buffer = source.addSourceBuffer(type);
    for (const part of parts) {
      const bytes = await (await fetch(part)).arrayBuffer();
      const appended = new Promise((resolve) => { buffer.addEventListener("updateend", resolve, { once: true }); });
      buffer.appendBuffer(bytes);
      await appended;
      if (video.error) return { buffered: [], mediaTimes: [], error: video.error.message };
    }
    source.endOfStream();
    const mediaTimes: number[] = [];
    for (const seek of seeks) {
      const shown = new Promise<number>((resolve) => { video.requestVideoFrameCallback((_now, frame) => { resolve(frame.mediaTime); }); });
      video.currentTime = seek;
      mediaTimes.push(await shown);
    }
    const buffered: [number, number][] = [];
    for (let index = 0; index < video.buffered.length; index++) buffered.push([video.buffered.start(index), video.buffered.end(index)]);
    return { buffered, mediaTimes, error: undefined };
  }, { type, parts, seeks });
}

describe("repackaged segments in Chromium", function () {
  this.timeout(120_000);
  let folder: Folder;
  let browser: Browser;
  let page: Page;
  let server: Server;
  let origin = "";

  before(async () => {
    folder = await openFolder();
    server = createServer((request, response) => {
      if (request.url === "/") { response.setHeader("content-type", "text/html").end("<!doctype html><body></body>"); return; }
      const path = request.url === "/hls.js" ? "node_modules/hls.js/dist/hls.min.js" : folder.path(request.url?.slice(1) ?? "");
      readFile(path).then((bytes) => response.end(bytes), () => response.writeHead(404).end());
    });
    await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
    const address = server.address();
    origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
    page = await browser.newPage();
    await page.goto(`${origin}/`);
  });
  after(async () => {
    await browser?.close();
    server?.close();
    await folder?.remove();
  });

  async function parts(name: string, kind: "video" | "audio", make: string[]) {
    const source = folder.path(name);
    await run("ffmpeg", [...make, "-y", source]);
    const { init, segments, codecString } = await repackage(source, kind);
    await folder.write(`${name}-init.mp4`, init);
    for (const [index, segment] of segments.entries()) await folder.write(`${name}-${index}.m4s`, segment);
    return { codecString, segments, urls: [`${name}-init.mp4`, ...segments.map((_, index) => `${name}-${index}.m4s`)] };
  }

  const videos: [string, string, string[]][] = [
    ["H.264 with B-frames", "h264.mp4", ["-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p"]],
    ["H.264 with a pyramid deeper than the reorder delay", "deep.mp4",
      ["-c:v", "libx264", "-preset", "veryfast", "-bf", "7", "-b_strategy", "0", "-x264-params", "b-pyramid=strict", "-g", "50", "-pix_fmt", "yuv420p"]],
    ["VP9", "vp9.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "50", "-pix_fmt", "yuv420p"]],
    ["AV1", "av1.mp4", ["-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-g", "50", "-pix_fmt", "yuv420p"]],
  ];
  for (const [name, file, encode] of videos) {
    it(`${name}: everything is one range, and every frame is shown at its time`, async () => {
      const { codecString, urls } = await parts(file, "video", [...PICTURE, ...encode]);
      const seeks = [0.02, 1.98, 2.02, 3.5, 4.0, 5.9].map((time) => time + 0.01);
      const { buffered, mediaTimes, error } = await play(page, `video/mp4; codecs="${codecString}"`, urls, seeks);
      expect(error).to.equal(undefined);
      expect(buffered).to.have.length(1);
      const [[from, to] = [NaN, NaN]] = buffered;
      expect(from).to.equal(0);
      expect(to).to.be.closeTo(SECONDS, 0.002);
      mediaTimes.forEach((time, index) => { expect(time).to.be.closeTo(Math.floor((seeks[index] ?? 0) * RATE) / RATE, 0.002); });
    });
  }

  const sounds: [string, string, string[]][] = [["AAC", "aac.m4a", ["-c:a", "aac"]], ["Opus", "opus.webm", ["-c:a", "libopus"]], ["FLAC", "flac.mp4", ["-c:a", "flac", "-strict", "-2"]]];
  for (const [name, file, encode] of sounds) {
    it(`${name}: everything is one range`, async () => {
      const { codecString, urls } = await parts(file, "audio", [...SOUND, ...encode]);
      const { buffered, error } = await play(page, `audio/mp4; codecs="${codecString}"`, urls, []);
      expect(error).to.equal(undefined);
      expect(buffered).to.have.length(1);
      expect(buffered[0]?.[0]).to.equal(0);
      expect(buffered[0]?.[1]).to.be.closeTo(SECONDS, 0.1);
    });
  }

  it("play in hls.js from the first frame to the last without a gap", async () => {
    const { urls } = await parts("hls.mp4", "video", [...PICTURE, "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "50", "-pix_fmt", "yuv420p"]);
    const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2", "#EXT-X-PLAYLIST-TYPE:VOD", `#EXT-X-MAP:URI="${urls[0]}"`,
      ...urls.slice(1).flatMap((url) => ["#EXTINF:2.000000,", url]), "#EXT-X-ENDLIST", ""];
    await folder.write("media.m3u8", Buffer.from(lines.join("\n")));
    await page.addScriptTag({ url: "/hls.js" });
    const played = await page.evaluate(async () => {
      const video = document.createElement("video");
      video.muted = true;
      document.body.replaceChildren(video);
      interface HlsLike { loadSource(url: string): void; attachMedia(video: HTMLVideoElement): void; on(name: string, listener: (name: string, data: { details: string }) => void): void; destroy(): void }
      const Hls = (globalThis as unknown as { Hls: new () => HlsLike }).Hls;
      const hls = new Hls();
      const errors: string[] = [];
      hls.on("hlsError", (_name, data) => { errors.push(data.details); });
      hls.loadSource("media.m3u8");
      hls.attachMedia(video);
      const first = new Promise<number>((resolve) => { video.requestVideoFrameCallback((_now, frame) => { resolve(frame.mediaTime); }); });
      const firstShown = await first;
      video.playbackRate = 4;
      await video.play();
      await new Promise((resolve) => { video.addEventListener("ended", resolve, { once: true }); });
      const buffered = Array.from({ length: video.buffered.length }, (_, index) => [video.buffered.start(index), video.buffered.end(index)]);
      hls.destroy();
      return { errors, first: firstShown, buffered, duration: video.duration };
    });
    expect(played.errors).to.deep.equal([]);
    expect(played.first).to.be.lessThan(0.001);
    expect(played.buffered).to.have.length(1);
    expect(played.buffered[0]?.[0]).to.equal(0);
    expect(played.buffered[0]?.[1]).to.be.closeTo(SECONDS, 0.002);
  });
});
