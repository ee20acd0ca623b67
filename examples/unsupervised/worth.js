/** Tables and figures of what learning without labels is worth. */

/** @typedef {{ readonly start: string, readonly count: number, readonly draw: number, readonly error: number }} Result */

/** What the starts are called in figures, in their order, with a colour each. */
const STARTS = new Map([
  ["random", ["random numbers", "#555555"]],
  ["denoising", ["denoising autoencoder", "#c0392b"]],
  ["layer-wise", ["layer by layer", "#2471a3"]],
  ["kmeans", ["k-means filters", "#239b56"]],
  ["pca", ["principal components", "#b9770e"]],
]);

/**
 * The mean and the deviation of the errors of each start and number of labelled pictures.
 *
 * @param {readonly Result[]} results
 */
export function meansOf(results) {
  const counts = [...new Set(results.map(({ count }) => count))].sort((a, b) => a - b);
  const starts = [...STARTS.keys()].filter((start) => results.some((one) => one.start === start));
  const cells = starts.map((start) =>
    counts.map((count) => {
      const errors = results.filter((one) => one.start === start && one.count === count).map(({ error }) => error);
      const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
      const spread = Math.sqrt(
        errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / Math.max(1, errors.length - 1),
      );
      return { mean, spread, draws: errors.length };
    }),
  );
  return { counts, starts, cells };
}

/** @param {readonly Result[]} results */
export function tableOf(results) {
  const { counts, starts, cells } = meansOf(results);
  const percent = (/** @type {number} */ value) => (100 * value).toFixed(1);
  const rows = starts.map((start, i) => {
    const text = cells[i].map(({ mean, spread, draws }) =>
      draws === 0 ? "–" : `${percent(mean)} ± ${percent(spread)}${draws < 5 ? ` (${draws})` : ""}`,
    );
    return `| ${STARTS.get(start)?.[0]} | ${text.join(" | ")} |`;
  });
  return [`| begun with | ${counts.join(" | ")} |`, `| --- |${counts.map(() => " ---: |").join("")}`, ...rows, ""].join(
    "\n",
  );
}

const [WIDTH, HEIGHT] = [640, 400];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 170, 40, 48];

/**
 * Error against the number of labelled pictures of a class, with the spread of the draws.
 *
 * @param {readonly Result[]} results
 * @param {{ readonly data: string, readonly network: string, readonly unlabelled: number }} settings
 */
export function drawWorth(results, { data, network, unlabelled }) {
  const { counts, starts, cells } = meansOf(results);
  const [least, most] = [Math.log(counts[0]), Math.log(counts[counts.length - 1])];
  const known = cells.flat().filter(({ draws }) => draws > 0);
  const highest = Math.ceil(10 * Math.max(...known.map(({ mean, spread }) => mean + spread))) / 10;
  const x = (/** @type {number} */ count) =>
    LEFT + ((Math.log(count) - least) / Math.max(1e-9, most - least)) * (WIDTH - LEFT - RIGHT);
  const y = (/** @type {number} */ error) => HEIGHT - BOTTOM - (error / highest) * (HEIGHT - TOP - BOTTOM);
  const fixed = (/** @type {number} */ value) => value.toFixed(1);
  const text = (/** @type {number} */ left, /** @type {number} */ top, /** @type {string} */ words, rest = "") =>
    `<text x="${fixed(left)}" y="${fixed(top)}" ${rest}>${words}</text>`;
  const grid = Array.from({ length: Math.round(10 * highest) + 1 }, (_, i) => i / 10).map(
    (error) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(error))}" y2="${fixed(y(error))}" stroke="#e0e0e0"/>` +
      text(LEFT - 8, y(error) + 4, `${Math.round(100 * error)} %`, 'text-anchor="end"'),
  );
  const ticks = counts.map((count) => text(x(count), HEIGHT - BOTTOM + 18, `${count}`, 'text-anchor="middle"'));
  // Names at the right stand at least a line apart.
  const ends = starts.map((_, i) => cells[i].findLast(({ draws }) => draws > 0)?.mean ?? 0);
  const order = ends.map((_, i) => i).sort((a, b) => ends[b] - ends[a]);
  let last = Number.NEGATIVE_INFINITY;
  const places = new Map();
  for (const i of order) {
    last = Math.max(y(ends[i]) + 4, last + 16);
    places.set(i, last);
  }
  const over = Math.max(0, last - (HEIGHT - BOTTOM));
  const lines = starts.map((start, i) => {
    const [name, colour] = STARTS.get(start) ?? [start, "#000"];
    const points = cells[i].flatMap((cell, k) =>
      cell.draws > 0 ? [{ ...cell, left: x(counts[k]) + 3 * (i - (starts.length - 1) / 2) }] : [],
    );
    const path = points.map(({ left, mean }) => `${fixed(left)},${fixed(y(mean))}`).join(" ");
    const bars = points.map(
      ({ left, mean, spread }) =>
        `<line x1="${fixed(left)}" x2="${fixed(left)}" y1="${fixed(y(mean - spread))}" y2="${fixed(y(mean + spread))}" stroke="${colour}" stroke-width="1.5"/><circle cx="${fixed(left)}" cy="${fixed(y(mean))}" r="3" fill="${colour}"/>`,
    );
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${bars.join("")}${text(WIDTH - RIGHT + 12, (places.get(i) ?? 0) - over, name, `fill="${colour}"`)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#444">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
${text(8, 20, `${data}, ${network}: top-1 error by labelled pictures of a class; ${unlabelled} without labels`, 'font-size="13" font-weight="bold" fill="#222"')}
${grid.join("\n")}
${ticks.join("")}
${text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "labelled pictures of each class; mean and deviation of the draws", 'text-anchor="middle"')}
${lines.join("\n")}
</svg>
`;
}
