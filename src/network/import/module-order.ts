/** The order in which a program has its modules, out of their names. */

/** Words that begin, behind which there is what a network repeats, and those that end it. The first that fits holds. */
const PLACES: readonly (readonly [words: RegExp, place: number])[] = [
  [/^(conv_)?stem$|^embed|^patch_embed|^first/, 0],
  [/^(conv|bn|norm)[01]$/, 1],
  [/^(blocks?|layers?|stages?|encoder|features|body)\d*$/, 2],
  [/^(conv_)?(expand|expansion)/, 3],
  [/^(depthwise|conv_dw$|dwconv|conv_3x3)/, 4],
  [/^(se$|squeeze|conv_reduce$)/, 5],
  [/^(reduce|project)|^conv_pwl?$/, 6],
  [/^(conv|bn|norm)\d+$|^(batch|layer)_?norm$|^norm$/, 7],
  [/^(conv_1x1|conv_head|top)/, 8],
  [/^(head|pooler|classifier|fc|logits|last)/, 9],
];

/** What leads past others, and stands behind them in the networks of the zoo, wherever a program has it. */
const PAST = /^(downsample|shortcut|skip|identity|residual|proj_conv)/;

const BEHIND_ALL = 10;

const placeOf = (word: string): number | undefined =>
  PAST.test(word) ? BEHIND_ALL : PLACES.find(([words]) => words.test(word))?.[1];

/** A word without the number at its end, and the number. */
const parted = (word: string): readonly [string, number] => {
  const digits = /\d*$/.exec(word)?.[0] ?? "";
  return [word.slice(0, word.length - digits.length), Number(digits)];
};

/** Which of two names comes first: negative, positive; undefined where their words do not say it. */
function compare(a: string, b: string): number | undefined {
  const [left, right] = [a.split("."), b.split(".")];
  const at = left.findIndex((word, i) => word !== right[i]);
  if (at < 0 || right[at] === undefined) return left.length - right.length;
  const [[one, first], [other, second]] = [parted(left[at]), parted(right[at])];
  if (one === other) return first - second;
  const [before, behind] = [placeOf(left[at]), placeOf(right[at])];
  return before === undefined || behind === undefined || before === behind ? undefined : before - behind;
}

/** Names that are in the order of the alphabet, or are a few such lists one behind the other: safetensors sorts the tensors of each type. */
export function isAlphabetic(names: readonly string[]): boolean {
  const falls = names.filter((name, i) => i > 0 && names[i - 1] > name).length;
  return falls * 8 < names.length;
}

/** Modules in their order, or two of which it cannot be told. */
export type Ordered = { readonly names: readonly string[] } | { readonly unclear: readonly [string, string] };

/**
 * Modules of the same shapes in the order of the program that has them. Numbers count ("blocks.2.0" stands before "blocks.10.0"), and words that are usual: a
 * stem stands before the blocks, a head behind them, a shortcut behind what it leads past.
 *
 * @param names in the order of the file
 * @param sorted whether that order is of the alphabet, and says nothing
 * @example
 * orderModules(["blocks.10.bn1", "blocks.2.bn1", "bn1"], true); // { names: ["bn1", "blocks.2.bn1", "blocks.10.bn1"] }
 */
export function orderModules(names: readonly string[], sorted: boolean): Ordered {
  let unclear: [string, string] | undefined;
  const place = new Map(names.map((name, i) => [name, i]));
  const inFile = (a: string, b: string): number => (place.get(a) ?? 0) - (place.get(b) ?? 0);
  const ordered = [...names].sort((a, b) => {
    if (!sorted) return pastLast(a, b) ?? inFile(a, b);
    const order = compare(a, b);
    if (order === undefined) unclear ??= a < b ? [a, b] : [b, a];
    return order ?? inFile(a, b);
  });
  return unclear ? { unclear } : { names: ordered };
}

/** What leads past others stands behind them; undefined where neither of two does, or both do. */
function pastLast(a: string, b: string): number | undefined {
  const [left, right] = [a.split("."), b.split(".")];
  const at = left.findIndex((word, i) => word !== right[i]);
  const [one, other] = [PAST.test(left[at] ?? ""), PAST.test(right[at] ?? "")];
  return one === other ? undefined : Number(one) - Number(other);
}
