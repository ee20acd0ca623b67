/** After so many milliseconds without a word one wonders whether anything happens. */
const PATIENCE = 700;

/**
 * Says what is done when it takes a while and nothing else is said.
 *
 * @returns is called when there is something else to say; it may be called again
 */
export function signOfLife(output: NodeJS.WriteStream, text: string): () => void {
  const timer = setTimeout(() => output.write(`${text}\n`), PATIENCE);
  return () => clearTimeout(timer);
}
