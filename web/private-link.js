/** Has a good link to a private video while it is shown to somebody with a key: another one well before each ends. */
import { postLink } from "./api.js";

const LIFE_SEC = 3_600;
/** The share of its life after which a link is renewed. */
const RENEW_AT = 0.7;
const RETRY_MS = 5_000;
/** Whose key may not, or no more, gets none by asking again. */
const FINAL_STATUSES = [400, 401, 403, 404, 409, 410, 501];

/** @param onRenewed told when the paths lead by another link than before */
export function keepLink(paths, onRenewed) {
  let timer;
  let endsAt = 0;
  let asking;

  async function renew() {
    const asked = Date.now();
    const { playback, expiresInSec } = await postLink(paths.id, { expiresInSec: LIFE_SEC, uses: ["play", "images"] });
    const isFirst = endsAt === 0;
    endsAt = asked + expiresInSec * 1_000; // by this clock, which may be wrong
    paths.use(/~([\w-]+)/.exec(playback.hls)[1]);
    later((endsAt - asked) * RENEW_AT);
    if (!isFirst) onRenewed();
  }

  function ask() {
    asking ??= renew().finally(() => { asking = undefined; });
    return asking;
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch((error) => { if (!FINAL_STATUSES.includes(error.status)) later(RETRY_MS); }), ms);
  }

  return {
    /** Resolves when there is a link. @throws ApiError */
    ready: ask(),
    /** After a sleep the link may have ended: gets another. @returns whether it did */
    async check() {
      if (endsAt > Date.now()) return false;
      return await ask().then(() => true, () => false);
    },
    close: () => clearTimeout(timer),
  };
}
