import { expect } from "chai";
import { formatMasterPlaylist, formatMediaPlaylist } from "../../../media/hls/playlists.ts";
import type { PlaylistProtection } from "../../../media/hls/keys.ts";
import { stagedPlan } from "../../support/staged-plan.ts";

interface Callbacks { onSuccess(response: { data: string }, ...rest: unknown[]): void; onError?(): void }
interface Player { emeEnabled: boolean }
interface Loader { load(context: { type: string }, config: object, callbacks: Callbacks): void }
interface Config { emeEnabled: boolean; drmSystems: object; licenseXhrSetup(xhr: object, url: string): void; pLoader: new (player: Player) => Loader }

const { clearKeyConfig } = (await import(new URL("../../../web/protection.js", import.meta.url).href)) as { clearKeyConfig(Hls: object, url: string, rewrite: (url: string) => string): Config };
const PLAN = stagedPlan(4);
const CBCS: PlaylistProtection = { protection: "cbcs", iv: Buffer.alloc(16) };

describe("the player's way with protected videos", () => {
  /** hls.js, as far as loaders go: it answers at once. */
  function stage(data: string) {
    const loader = class {
      load(_context: object, _config: object, { onSuccess }: Callbacks): void { onSuccess({ data }, "stats"); }
    };
    const config = clearKeyConfig({ DefaultConfig: { loader } }, "https://a.example/license", (url) => url.replace("a.", "b."));
    const player = { emeEnabled: config.emeEnabled };
    return { config, player, load: (type: string): Promise<string> => new Promise((resolve) => { new config.pLoader(player).load({ type }, {}, { onSuccess: (response) => resolve(response.data) }); }) };
  }

  it("asks for a key system where the playlist says ClearKey, and nowhere else", async () => {
    for (const [playing, wanted] of [[{ protection: "none" }, false], [{ protection: "aes-128" }, false], [CBCS, true]] as const) {
      const { player, load } = stage(formatMasterPlaylist(PLAN, undefined, playing));
      expect(player.emeEnabled).to.equal(true);
      await load("manifest");
      expect(player.emeEnabled).to.equal(wanted);
    }
  });

  it("leaves out what is for other players, and nothing else", async () => {
    const { player, load } = stage(formatMediaPlaylist(PLAN, "source", CBCS));
    const text = await load("level");
    expect(text).to.equal(formatMediaPlaylist(PLAN, "source", CBCS).split("\n").filter((line) => !line.includes('KEYFORMAT="identity"')).join("\n"));
    expect(text).to.contain('KEYFORMAT="org.w3.clearkey"');
    expect(player.emeEnabled).to.equal(true);
    for (const playing of [{ protection: "none" }, { protection: "aes-128" }] as const) {
      const plain = formatMediaPlaylist(PLAN, "source", playing);
      expect(await stage(plain).load("level")).to.equal(plain);
    }
  });

  it("asks for the licence where the region's gateway is now", () => {
    const opened: unknown[] = [];
    const { config } = stage("");
    config.licenseXhrSetup({ open: (...args: unknown[]) => opened.push(...args) }, "https://a.example/license");
    expect(opened).to.deep.equal(["POST", "https://b.example/license", true]);
    expect(config.drmSystems).to.deep.equal({ "org.w3.clearkey": { licenseUrl: "https://a.example/license" } });
  });
});
