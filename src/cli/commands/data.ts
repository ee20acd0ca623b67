import { Command } from "commander";
import type { Dataset } from "../../data/sources/dataset.js";
import { datasetOptions, type Grouping } from "../../data/sources/grouping.js";
import type { Outlier } from "../../jobs/pretraining/outliers-file.js";
import { defined } from "../../values/defined.js";
import { UsageError } from "../failure.js";
import { withGroupOptions } from "../options/picture-options.js";
import { passesProgress } from "../progress/scan-progress.js";
import { signOfLife } from "../progress/sign-of-life.js";

interface Flags extends Grouping {
  readonly out?: string;
  readonly json: boolean;
  readonly model?: string;
}

/** So many pictures that the model cannot make are listed. */
const OUTLIERS = 20;

/** The pictures that an autoencoder makes worst. */
async function outliersOf(dataset: Dataset, model: string): Promise<readonly Outlier[]> {
  const { findOutliers } = await import("../../jobs/pretraining/outliers-file.js");
  const { done, show } = passesProgress(process.stderr);
  const all = await findOutliers(dataset, model, { onProgress: show }).finally(done);
  return all.slice(0, OUTLIERS);
}

const outliersText = (outliers: readonly Outlier[]): string =>
  `\nlike few others: mean squared difference of what the model makes of them (1 is that of the mean picture)\n${outliers
    .map(({ path, error }) => `  ${error.toFixed(3).padStart(7)}  ${path}\n`)
    .join("")}`;

/** `bellpepper data` */
export const dataCommand = (): Command =>
  withGroupOptions(
    new Command("data")
      .description("tell what is in a data set: classes, sizes, broken pictures, duplicates")
      .argument(
        "<path>",
        "a folder with a folder of pictures for each class, a list (CSV, JSON Lines), or the files of MNIST or CIFAR",
      ),
  )
    .option("--out <page.html>", "write it as a page with pictures, one file that needs no other")
    .option(
      "--model <run>",
      "also list the pictures that an autoencoder of `bellpepper pretrain` cannot make, the worst first",
    )
    .option("--json", "print all of it as JSON", false)
    .action(async (path: string, { out, json, model, ...grouping }: Flags) => {
      if (out !== undefined && !/\.html?$/i.test(out))
        throw new UsageError(`--out: expected a file that ends in .html, got '${out}'.`);
      const { openDataset } = await import("../../data/sources/open-dataset-file.js");
      const lives = signOfLife(process.stderr, "opening the data …");
      const dataset = await openDataset(path, datasetOptions(grouping)).finally(lives);
      const [{ scanDataset }, { summarizeScan }, { listFindings }, { datasetText }] = await Promise.all([
        import("../../data/scan/scan-file.js"),
        import("../../data/scan/scan-summary.js"),
        import("../../report/dataset/dataset-findings.js"),
        import("../text/dataset-text.js"),
      ]);
      const progress = passesProgress(process.stderr);
      const scan = await scanDataset(dataset, { onProgress: progress.show }).finally(progress.done);
      const summary = summarizeScan(scan);
      const outliers = model === undefined ? undefined : await outliersOf(dataset, model);
      const found = { ...summary, findings: listFindings(summary), ...defined({ outliers }) };
      process.stdout.write(
        json ? `${JSON.stringify(found, null, 2)}\n` : datasetText(summary) + (outliers ? outliersText(outliers) : ""),
      );
      if (out === undefined) return;
      const { writeDatasetPage } = await import("../../report/dataset/dataset-page-file.js");
      await writeDatasetPage(out, scan);
      if (!json) process.stdout.write(`\npage      ${out}\n`);
    });
