// The page's bundle: what is known of each picture before it arrives.

// Returns a Map from digest to picture: width and height in pixels, `cost` (of the original) and
// `paid` (for the payload) in bytes, the original's address or '', the bytes of the base.
// Throws when `bytes`, fetched from `url`, are no whole bundle.
export function parseBundle(bytes, url) {
  let at = 3;
  let text;
  const take = (length) => bytes.subarray(at, (at += length));
  const varint = () => {
    const byte = bytes[at++];
    return byte > 127 ? byte - 128 + 128 * varint() : byte;
  };
  const pictures = new Map();
  varint(); // how many: the end of the bytes says it too
  while (at < bytes.length) {
    const digest = Array.from(take(8), (byte) => byte.toString(16).padStart(2, 0)).join('');
    pictures.set(digest, {
      digest,
      tries: 0,
      width: varint(),
      height: varint(),
      cost: varint(),
      paid: varint(),
      original:
        (text = new TextDecoder().decode(take(varint()))) && new URL(text, url + '/../..').href,
      base: take(varint()),
    });
  }
  if (bytes[2] != 1 || at != bytes.length) throw Error(url);
  return pictures;
}
