/** Two methods on the same splits. */

/** @typedef {{ set: string, method: string, seed: number, error: number, seconds: number }} Result */

const mean = (/** @type {readonly number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The deviation of a sample. */
const deviation = (/** @type {readonly number[]} */ values) => {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
};

/**
 * How likely differences as far from zero are where there is none: Student's paired test, two-sided. NaN with fewer than two.
 *
 * @param {readonly number[]} differences
 */
export function pairedTest(differences) {
  const degrees = differences.length - 1;
  const t = Math.abs(mean(differences)) / (deviation(differences) / Math.sqrt(differences.length));
  if (!Number.isFinite(t)) return mean(differences) === 0 ? 1 : degrees > 0 ? 0 : Number.NaN;
  // With t = √degrees·tan θ the density of t becomes cos^(degrees − 1) θ.
  const end = Math.atan(t / Math.sqrt(degrees));
  const area = (/** @type {number} */ to) => {
    const pieces = 2000;
    let sum = 0;
    for (let i = 0; i < pieces; i++) sum += Math.cos(((i + 0.5) / pieces) * to) ** (degrees - 1);
    return (sum / pieces) * to;
  };
  return 1 - area(end) / area(Math.PI / 2);
}

/**
 * A table in Markdown: the error of each method on each set, mean ± deviation of the seeds, and whether the first method differs from
 * the best of the others.
 *
 * @param {readonly Result[]} results
 */
export function comparison(results) {
  const methods = [...new Set(results.map(({ method }) => method))];
  const [own, ...others] = methods;
  const rows = [...new Set(results.map(({ set }) => set))].map((set) => {
    const of = (/** @type {string} */ method) =>
      results.filter((each) => each.set === set && each.method === method).sort((a, b) => a.seed - b.seed);
    const errorOf = (/** @type {string} */ method) => mean(of(method).map(({ error }) => error));
    const cells = methods.map((method) => {
      const errors = of(method).map(({ error }) => error);
      return errors.length === 0 ? "" : `${mean(errors).toFixed(1)} ± ${deviation(errors).toFixed(1)}`;
    });
    const best = others.filter((method) => of(method).length > 0).sort((a, b) => errorOf(a) - errorOf(b))[0];
    if (best === undefined) return [set, ...cells, "", "", ""];
    const pairs = of(own).flatMap(({ seed, error }) => {
      const other = of(best).find((each) => each.seed === seed);
      return other ? [error - other.error] : [];
    });
    const seconds = (/** @type {string} */ method) => mean(of(method).map((each) => each.seconds));
    const ratio = others.includes("cnn") ? (seconds(own) / seconds("cnn")).toFixed(1) : "";
    return [set, ...cells, best, `${mean(pairs).toFixed(1)} (p = ${pairedTest(pairs).toFixed(2)})`, ratio];
  });
  const head = ["data", ...methods, "the best other", "difference", "time / cnn's"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
