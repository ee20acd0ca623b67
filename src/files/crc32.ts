/** The remainders of each byte with no, one, … seven bytes of zeros behind it: 256 of each. */
const REMAINDERS = makeRemainders();

function makeRemainders(): Int32Array {
  const all = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    all[byte] = remainder;
  }
  for (let i = 256; i < all.length; i++) all[i] = (all[i - 256] >>> 8) ^ all[all[i - 256] & 255];
  return all;
}

/**
 * The checksum CRC-32 (IEEE 802.3, as in PNG and zip) on any platform, eight bytes at a time (Kounavis and Berry 2005). Where there is Node, its
 * own is three times as fast.
 *
 * @returns a whole number below 2³²
 * @example
 * crc32(new TextEncoder().encode("123456789")).toString(16); // "cbf43926"
 */
export function crc32(bytes: Uint8Array): number {
  const t = REMAINDERS;
  const whole = bytes.length - (bytes.length % 8);
  let crc = -1;
  for (let i = 0; i < whole; i += 8) {
    const low = crc ^ (bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24));
    crc =
      t[1792 + (low & 255)] ^
      t[1536 + ((low >>> 8) & 255)] ^
      t[1280 + ((low >>> 16) & 255)] ^
      t[1024 + (low >>> 24)] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]];
  }
  for (let i = whole; i < bytes.length; i++) crc = (crc >>> 8) ^ t[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}
