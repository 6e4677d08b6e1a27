/**
 * Weighted rendezvous hashing (Thaler and Ravishankar 1998; the weights as in Schindelhauer and Schomaker 2005): everybody
 * who knows the same nodes finds the same one for a key, without a table. A node that comes or goes moves only its own keys.
 */

/**
 * How strongly `key` draws to a node: the highest takes it. Of many keys a node gets the share that its weight has of all.
 * @param weight above 0
 */
export function rendezvousScore(key: string, node: string, weight: number): number {
  const [a, b] = [hashText(key), hashText(node)];
  const mixed = mix(mix(a ^ b) + Math.imul(b, 0x9e3779b1));
  const uniform = ((mixed >>> 0) + 0.5) / 2 ** 32; // in (0, 1)
  return -weight / Math.log(uniform);
}

/** FNV-1a over UTF-16 code units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output's. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
