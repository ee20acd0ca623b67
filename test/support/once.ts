/** What is made when it is first asked for, and kept: by the first test that wants it, not while the tests are collected. */
export function once<V>(make: () => Promise<V>): () => Promise<V> {
  let made: Promise<V> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
