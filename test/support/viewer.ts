/** Plays a video over HTTP as a player does, by its playlists alone. */
import { expect } from "chai";
import type { Api } from "./api.ts";
import { decodeVideo } from "./lectures.ts";

/** Names of the video renditions that a master playlist offers. */
export async function videoRenditions(lectern: Api, id: string): Promise<string[]> {
  const names = [...(await lectern.playlist(id)).matchAll(/^([\w-]+)\/media\.m3u8$/gm)].map(([, name]) => name ?? "");
  expect(names).to.not.deep.equal([]);
  return names;
}

/** How many media segments a rendition has. */
export async function segmentCount(lectern: Api, id: string, rendition: string): Promise<number> {
  const playlist = await lectern.playlist(id, rendition);
  expect(playlist).to.contain("#EXT-X-ENDLIST");
  return [...playlist.matchAll(/^\d+\.m4s$/gm)].length;
}

/** Sum of a rendition's segments, in seconds. */
export async function durationSec(lectern: Api, id: string, rendition: string): Promise<number> {
  return [...(await lectern.playlist(id, rendition)).matchAll(/^#EXTINF:([\d.]+)/gm)].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
}

/** The beginning and the end of every rendition, with sound, answered with bytes. */
export async function playEnds(lectern: Api, id: string): Promise<void> {
  const names = await videoRenditions(lectern, id);
  if (/TYPE=AUDIO/.test(await lectern.playlist(id))) names.push("audio");
  for (const name of names) {
    const last = (await segmentCount(lectern, id, name)) - 1;
    for (const segment of ["init", 0, last] as const) {
      const answer = await lectern.segment(id, name, segment);
      expect(answer.status, `${name}/${segment}`).to.equal(200);
      expect((await answer.arrayBuffer()).byteLength).to.be.above(100);
    }
  }
}

/** Decodes every rendition whole: so many frames, and nothing that FFmpeg complains about. */
export async function expectExact(base: string, lectern: Api, id: string, frames: number): Promise<void> {
  for (const name of await videoRenditions(lectern, id)) {
    expect(await decodeVideo(`${base}/play/${id}/${name}/media.m3u8`), name).to.deep.equal({ frames, complaints: [] });
  }
}
