/** Pictures of a video at any time, from its storyboard: sheets of small ones, fetched when they are looked at. */
import { getPicture, getText } from "./api.js";

const CUE = /(\d+):(\d\d):(\d\d)\.(\d{3}) --> [^\n]+\n([^\n#]+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;

/** @returns answers `{ sheet, x, y, width, height }`, the sheet as an address for an image; undefined where there is none */
export function previews(id) {
  const sheets = new Map();
  let cues;

  async function load() {
    const text = await getText(`play/${id}/storyboard.vtt`);
    return [...text.matchAll(CUE)].map(([, h, m, s, ms, name, ...box]) => {
      const [x, y, width, height] = box.map(Number);
      return { atSec: Number(h) * 3_600 + Number(m) * 60 + Number(s) + Number(ms) / 1_000, path: new URL(name, `http://host/play/${id}/storyboard.vtt`).pathname.slice(1), x, y, width, height };
    });
  }

  return async (second) => {
    cues ??= load().catch(() => []);
    const cue = (await cues).findLast(({ atSec }) => atSec <= second + 0.001);
    if (cue === undefined) return undefined;
    if (!sheets.has(cue.path)) sheets.set(cue.path, getPicture(cue.path).catch(() => undefined));
    const sheet = await sheets.get(cue.path);
    return sheet === undefined ? undefined : { ...cue, sheet };
  };
}
