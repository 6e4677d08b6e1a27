import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import { api, type Posted } from "../support/api.ts";
import { run } from "../support/cmaf-media.ts";
import { FLASH, makeFlash } from "../support/flash.ts";
import { makeAvi, makeLecture, makeTwoLanguages } from "../support/lectures.ts";
import { startMesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { openClients, type ClientName, type Clients, type Played } from "./clients.ts";

/** A player and what it is given. */
const WAYS: readonly { client: ClientName; manifest: "hls" | "dash" }[] = [{ client: "hls.js", manifest: "hls" }, { client: "shaka", manifest: "hls" }, { client: "shaka", manifest: "dash" }];

describe("manifests in real clients", function () {
  this.timeout(180_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let browser: Browser;
  let clients: Clients;
  const videos: Record<string, Posted> = {};

  const playing = async (client: ClientName, url: string): Promise<Extract<Played, { played: true }>> => {
    const played = await clients.play(client, url);
    if (!played.played) throw new Error(played.reason);
    return played;
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-clients-"));
    const paths = {
      lecture: await makeFlash(join(dir, "lecture.mp4")),
      avi: await makeAvi(join(dir, "encoded.avi"), { seconds: 14 }),
      languages: await makeTwoLanguages(join(dir, "languages.mkv")),
      late: await makeLateSound(dir),
      silent: await makeLecture(join(dir, "silent.mp4"), { seconds: 14, sound: false }),
    };
    mesh = await startMesh();
    browser = await openChromium();
    clients = await openClients(browser);
    const calls = api(mesh.httpUrl);
    for (const [name, path] of Object.entries(paths)) videos[name] = await calls.post({ uploadId: (await calls.upload(path)).uploadId });
  });
  after(async () => {
    await clients?.close();
    await browser?.close();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const urlOf = (name: string, manifest: "hls" | "dash"): string => {
    const url = videos[name]?.playback[manifest];
    if (url === undefined) throw new Error(`no video ${name}`);
    return url;
  };

  for (const { client, manifest } of WAYS) {
    describe(`${client}, ${manifest.toUpperCase()}`, () => {
      it("plays a lecture with B-frames from its first frame, and where it is sought", async () => {
        const played = await playing(client, urlOf("lecture", manifest));
        expect(played.seconds).to.be.closeTo(40, 0.1);
        expect(played.from).to.be.at.most(0.03);
        expect((await clients.seek(0)).frameAt).to.equal(0);
        const { at, frameAt } = await clients.seek(32.02);
        expect(frameAt).to.be.closeTo(32, 0.001);
        expect(at).to.be.above(32.5);
      });

      it("shows each frame at its own time, in the source's bits and in an encode", async () => {
        const { heights } = await playing(client, urlOf("lecture", manifest));
        for (const height of heights) {
          await clients.showHeight(height);
          const around = [FLASH.from - 0.02, FLASH.from + 0.02, FLASH.to - 0.02, FLASH.to + 0.02];
          const bright: boolean[] = [];
          for (const time of around) bright.push((await clients.brightness(time)) > 128);
          expect(bright, `${height} lines`).to.deep.equal([false, true, true, false]);
        }
      });

      it("switches to every rendition and goes on playing", async () => {
        const { heights } = await playing(client, urlOf("lecture", manifest));
        expect(heights.toSorted((a, b) => a - b)).to.deep.equal([360, 720]);
        for (const height of [360, 720]) {
          await clients.seek(height === 360 ? 5 : 15);
          expect(await clients.showHeight(height)).to.equal(height);
        }
      });

      it("plays what is only encoded", async () => {
        const played = await playing(client, urlOf("avi", manifest));
        expect(played.seconds).to.be.closeTo(14, 0.1);
        expect((await clients.seek(12)).at).to.be.above(12.5);
      });

      it("plays what has no sound", async () => {
        const played = await playing(client, urlOf("silent", manifest));
        expect(played.seconds).to.be.closeTo(14, 0.1);
        expect((await clients.seek(12)).at).to.be.above(12.5);
      });

      it("plays from the first frame although the sound begins and ends seconds from the picture", async () => {
        const played = await playing(client, urlOf("late", manifest));
        expect(played.from).to.be.at.most(0.03);
        expect((await clients.seek(0)).frameAt).to.equal(0);
        expect((await clients.seek(11)).at).to.be.above(11.5);
      });

      it("shows captions in each language at their time, and switches the sound's language", async () => {
        const played = await playing(client, urlOf("languages", manifest));
        expect(played).to.deep.include({ languages: ["en", "de"], captions: ["en", "de"] });
        expect(await clients.cuesAt("en", 5.5)).to.deep.equal(["Good morning"]);
        expect(await clients.cuesAt("de", 5.5)).to.deep.equal(["Guten Morgen & mehr"]);
        expect(await clients.cuesAt("de", 7.5)).to.deep.equal([]);
        expect(await clients.showLanguage("de")).to.equal("de");
        expect(await clients.showLanguage("en")).to.equal("en");
      });
    });
  }
});

/** Sound from 3 to 9 s of 14. */
async function makeLateSound(dir: string): Promise<string> {
  const [picture, path] = [await makeLecture(join(dir, "picture.mp4"), { seconds: 14, sound: false }), join(dir, "late.mp4")];
  await run("ffmpeg", ["-y", "-i", picture, "-itsoffset", "3", "-f", "lavfi", "-t", "6", "-i", "sine=frequency=330:sample_rate=48000", "-c:v", "copy", "-c:a", "aac", path]);
  return path;
}
