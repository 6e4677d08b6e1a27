/** What happens to a video that is played, since it was last asked: ranges of media that were watched, jumps, waits. */

/** Jumps that are shorter the player makes by itself. */
const MIN_SEEK_SEC = 0.5;
/** Of each list, as the gateway takes it. */
export const MOST = { ranges: 64, seeks: 64, stallsMs: 32 };

const nothing = () => ({ ranges: [], seeks: [], pauses: 0, stallsMs: [], switchesUp: 0, switchesDown: 0, ended: false });
const round = (seconds) => Math.round(seconds * 1000) / 1000;

/**
 * @param video a media element
 * @param now ms
 */
export function watchedRanges(video, now = () => performance.now()) {
  let told = nothing();
  let from; // where what is playing began; undefined: nothing is
  let last = 0; // the last moment that was seen
  let rate = video.playbackRate;
  let soughtFrom;
  let pressedAt = now();
  let stalledAt;
  let hasStarted = false;
  let bitrate;

  function begin() {
    if (from !== undefined || video.paused || video.seeking || video.ended) return;
    [from, rate] = [video.currentTime, video.playbackRate];
  }

  function end(at) {
    if (from !== undefined && at > from && told.ranges.length < MOST.ranges) told.ranges.push([round(from), round(at), rate]);
    from = undefined;
  }

  const listeners = {
    timeupdate() {
      if (!video.seeking) last = video.currentTime;
      if (hasStarted && stalledAt === undefined) begin();
    },
    play() { if (!hasStarted) pressedAt = now(); },
    playing() {
      if (!hasStarted) told.startupMs = Math.round(now() - pressedAt);
      hasStarted = true;
      if (stalledAt !== undefined && told.stallsMs.length < MOST.stallsMs) told.stallsMs.push(Math.round(now() - stalledAt));
      stalledAt = undefined;
      begin();
    },
    waiting() {
      if (!hasStarted || video.seeking) return;
      end(video.currentTime);
      stalledAt ??= now();
    },
    pause() {
      end(video.seeking ? last : video.currentTime);
      stalledAt = undefined;
      if (hasStarted && !video.ended && !video.seeking) told.pauses++;
    },
    seeking() {
      end(last); // the element is where it goes already
      stalledAt = undefined;
      soughtFrom ??= last;
    },
    seeked() {
      if (soughtFrom !== undefined && hasStarted && Math.abs(video.currentTime - soughtFrom) >= MIN_SEEK_SEC && told.seeks.length < MOST.seeks) told.seeks.push([round(soughtFrom), round(video.currentTime)]);
      soughtFrom = undefined;
      last = video.currentTime;
    },
    ratechange() {
      if (from === undefined) return;
      end(video.currentTime);
      begin();
    },
    ended() {
      end(video.currentTime);
      told.ended = true;
    },
  };
  for (const [type, listener] of Object.entries(listeners)) video.addEventListener(type, listener);

  return {
    /** Another rendition is shown, of so many bits a second. */
    shows(next) {
      if (bitrate !== undefined && next !== bitrate) told[next > bitrate ? "switchesUp" : "switchesDown"]++;
      bitrate = next;
    },
    isFull: () => told.ranges.length >= MOST.ranges - 1 || told.seeks.length >= MOST.seeks || told.stallsMs.length >= MOST.stallsMs,
    /** @returns what has happened since the last time; undefined: nothing */
    take() {
      const isPlaying = from !== undefined;
      end(video.seeking ? last : video.currentTime);
      if (isPlaying) begin();
      const { ranges, seeks, pauses, startupMs, stallsMs, switchesUp, switchesDown, ended } = told;
      const isNothing = ranges.length + seeks.length + pauses + stallsMs.length + switchesUp + switchesDown === 0 && startupMs === undefined && !ended;
      const taken = told;
      told = nothing();
      return isNothing ? undefined : taken;
    },
    close() {
      for (const [type, listener] of Object.entries(listeners)) video.removeEventListener(type, listener);
    },
  };
}
