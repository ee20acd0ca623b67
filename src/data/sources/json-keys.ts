/** Texts, brackets and dividers of JSON; numbers and words are left out. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/**
 * The names of the fields of a JSON object, also those that stand in it twice, of which `JSON.parse` keeps the last.
 *
 * @param json an object that `JSON.parse` takes
 */
export function keysOf(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let before = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token === ":" && depth === 1) keys.push(String(JSON.parse(before)));
    before = token;
  }
  return keys;
}
