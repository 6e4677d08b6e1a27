/** Where a video is asked for: plainly, or by a link, whose token stands before the video's id. */

/** @param token of a link; undefined: none is needed, or none is known yet */
export function videoPaths(id, token) {
  let current = token;
  const part = () => (current === undefined ? id : `~${current}/${id}`);
  const ofPlay = new RegExp(`/play/(~[\\w-]+/)?${id}/`);
  return {
    id,
    play: (name) => `play/${part()}/${name}`,
    state: () => `v1/videos/${part()}`,
    /** From now on by this link. */
    use(next) { current = next; },
    /** An address that was made before, by the link that is good now. */
    renew: (url) => url.replace(ofPlay, () => `/play/${part()}/`),
  };
}
