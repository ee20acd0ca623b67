import { fewOf, type Problem, partNamed } from "./dataset.js";

/** A column of a list that nothing is read from. */
export interface UnusedColumn {
  readonly name: string;
  /** what stands in it */
  readonly values: readonly string[];
}

/** Names of what has many pictures that are alike: "patient", "subject_id", "PatientNr". */
const GROUP =
  /^(?:.*[-_. ])?(?:group|patient|subject|person|people|participant|individual|case|slide|wsi|scan|study|series|donor|specimen|biopsy|block|animal|mouse|mice|film|video|movie|clip|scene|sequence|session|site|cent(?:er|re)|hospital|batch|plate|well|writer|speaker|author|family|cluster)s?(?:[-_. ]?(?:id|nr|no|num|number|name|code|key|index|idx|uid))?$/;
/** Names of what says where a picture goes: "subset", "is_test", "fold", "Usage". */
const SPLIT =
  /^(?:(?:.*[-_. ])?(?:split|subset|part|partition|folds?|set|data_?set|usage|phase|kfold)|(?:is|in|for|use)?[-_. ]?(?:train|training|val|valid|validation|dev|test|testing|holdout))(?:[-_. ]?(?:id|nr|no|num|number|name|index|idx|set|split))?$/;
/** Where a patch was on its slide, as `cut` writes it beside what counts. */
const OURS = new Set(["x", "y"]);

/**
 * What is said of the columns that are not used: one that has groups, or parts of a split, first, with advice. A column has parts where its
 * values are their names, whatever it is called; and no groups where all its values differ.
 *
 * @param used what the list has already; no advice is given for it
 */
export function unusedProblems(
  list: string,
  columns: readonly UnusedColumn[],
  used: { readonly group: boolean; readonly split: boolean },
): Problem[] {
  const said: Problem[] = [];
  const others: string[] = [];
  for (const { name, values } of columns) {
    const filled = values.filter((value) => value !== "");
    if (filled.length === 0 || OURS.has(name)) continue;
    const differ = new Set(filled).size;
    const arePartNames = filled.every((value) => partNamed(value) !== undefined);
    if (!used.split && (arePartNames || SPLIT.test(name))) {
      const advice = arePartNames
        ? "call it 'split', and they are taken"
        : "write train, val or test into a column 'split', and they are taken";
      said.push({ path: list, reason: `the column '${name}' looks like parts of a split, and is not used: ${advice}` });
    } else if (!used.group && differ < filled.length && GROUP.test(name)) {
      const reason = `the column '${name}' looks like groups of pictures (${differ}), and is not used: those of one may be on both sides of a split unless the column for groups ('group', or the one that --group names) is this one`;
      said.push({ path: list, reason });
    } else others.push(`'${name}'`);
  }
  if (others.length === 0) return said;
  const what = others.length === 1 ? "a column that is" : `${others.length} columns that are`;
  return [...said, { path: list, reason: `${what} not used: ${fewOf(others, 5)}` }];
}
