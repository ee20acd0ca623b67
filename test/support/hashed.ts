/** The numbers of make-zoo.py and make-variants.py: a hash of an index and a place, from −½ to ½. */
export function hashed(index: number, count: number): Float32Array {
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 2654435761) + Math.imul(index, 40503) + 12345) >>> 0;
    x = Math.imul(x ^ (x >>> 15), 2246822519) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 3266489917) >>> 0;
    numbers[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 32 - 0.5;
  }
  return numbers;
}
