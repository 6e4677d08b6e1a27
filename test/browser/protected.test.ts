import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import type { Protection } from "../../media/protection.ts";
import { api, type Posted } from "../support/api.ts";
import { FLASH, makeFlash } from "../support/flash.ts";
import { startMesh } from "../support/mesh.ts";
import { openChromium } from "./chromium.ts";
import { openClients, type ClientName, type Clients, type Played } from "./clients.ts";
import { seekTo, waitForPlay } from "./playback.ts";

interface Way { client: ClientName; manifest: "hls" | "dash"; protection: Protection }
const WAYS: readonly Way[] = [
  { client: "hls.js", manifest: "hls", protection: "aes-128" },
  { client: "shaka", manifest: "hls", protection: "aes-128" },
  { client: "hls.js", manifest: "hls", protection: "cbcs" },
  { client: "shaka", manifest: "hls", protection: "cbcs" },
  { client: "shaka", manifest: "dash", protection: "cbcs" },
];
const AROUND = [FLASH.from - 0.02, FLASH.from + 0.02, FLASH.to - 0.02, FLASH.to + 0.02];

describe("protected videos in real clients", function () {
  this.timeout(120_000);
  let dir: string;
  let mesh: Awaited<ReturnType<typeof startMesh>>;
  let browser: Browser;
  const videos = new Map<Protection, Posted>();
  /** What the plain one shows. */
  let plain: Map<number, number[]>;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "lectern-protected-"));
    const path = await makeFlash(join(dir, "lecture.mp4"));
    mesh = await startMesh();
    browser = await openChromium();
    const calls = api(mesh.httpUrl);
    const { uploadId } = await calls.upload(path);
    for (const protection of ["none", "aes-128", "cbcs"] as const) videos.set(protection, await calls.post({ uploadId, protection }));
    await withClients(async (clients) => { plain = await look(clients, { client: "hls.js", manifest: "hls", protection: "none" }); });
    for (const shown of plain.values()) expect(shown.map((bright) => bright > 128)).to.deep.equal([false, true, true, false]);
  });
  after(async () => {
    await browser?.close();
    await mesh?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const video = (protection: Protection): Posted => {
    const found = videos.get(protection);
    if (found === undefined) throw new Error(`no video under ${protection}`);
    return found;
  };
  const withClients = async (use: (clients: Clients) => Promise<void>): Promise<void> => {
    const clients = await openClients(browser);
    try {
      await use(clients);
    } finally {
      await clients.close();
    }
  };
  /** Where a client that isn't told by the playlist has the key from. */
  const licenseOf = ({ client, manifest, protection }: Way): string | undefined =>
    protection === "cbcs" && (client === "hls.js" || manifest === "dash") ? `${mesh.httpUrl}/play/${video(protection).id}/license` : undefined;
  const play = (clients: Clients, way: Way, timeoutMs?: number): Promise<Played> =>
    clients.play(way.client, video(way.protection).playback[way.manifest] ?? "", { license: licenseOf(way), ...(timeoutMs === undefined ? {} : { timeoutMs }) });

  async function brightnesses(clients: Clients): Promise<number[]> {
    const found: number[] = [];
    for (const time of AROUND) found.push(Math.round(await clients.screenBrightness(time)));
    return found;
  }

  /** Of every rendition, by its height. */
  async function look(clients: Clients, way: Way): Promise<Map<number, number[]>> {
    const played = await play(clients, way);
    if (!played.played) throw new Error(played.reason);
    const seen = new Map<number, number[]>();
    for (const height of played.heights) {
      await clients.showHeight(height);
      seen.set(height, await brightnesses(clients));
    }
    return seen;
  }

  it("are three videos of one source", () => {
    expect(new Set([...videos.values()].map(({ id }) => id)).size).to.equal(3);
    expect([...videos.values()].map(({ protection }) => protection)).to.deep.equal(["none", "aes-128", "cbcs"]);
    expect(video("aes-128").playback).to.not.have.property("dash");
  });

  for (const way of WAYS) {
    const { client, manifest, protection } = way;
    describe(`${protection}, ${client}, ${manifest.toUpperCase()}`, () => {
      it("show in every rendition what the plain one shows", async () => {
        await withClients(async (clients) => {
          const seen = await look(clients, way);
          expect([...seen.keys()].toSorted((a, b) => a - b)).to.deep.equal([360, 720]);
          for (const [height, shown] of seen) expect(shown, `${height} lines`).to.deep.equal(plain.get(height));
        });
      });

      it("do not play without the key", async () => {
        await withClients(async (clients) => {
          await clients.page.route(/\/(key|license)$/, (route) => route.fulfill({ status: 403, headers: { "Access-Control-Allow-Origin": "*" } }));
          expect((await play(clients, way, 5_000)).played).to.equal(false);
        });
      });
    });
  }

  for (const protection of ["none", "aes-128", "cbcs"] as const) {
    it(`play on the project's own page: ${protection}`, async () => {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on("pageerror", (error) => faults.push(error.message));
      await page.goto(video(protection).playback.page);
      await waitForPlay(page, 2, 60_000, 0);
      const at = await seekTo(page, 0.7);
      await waitForPlay(page, 1, 30_000, at);
      expect(faults).to.deep.equal([]);
      await page.close();
    });
  }
});
