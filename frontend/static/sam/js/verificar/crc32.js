/** CRC-32 as ZIP has it (polynomial 0xEDB88320), piece by piece. Pure. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

/**
 * The sum of what passed and `bytes` after it; of nothing it is 0.
 *
 * @param {Uint8Array} bytes
 * @param {number} before the sum of what passed
 */
export function crc32(bytes, before) {
  let sum = ~before;
  for (let at = 0; at < bytes.length; at += 1) {
    sum = /** @type {number} */ (TABLE[(sum ^ /** @type {number} */ (bytes[at])) & 0xff]) ^ (sum >>> 8);
  }
  return ~sum >>> 0;
}
