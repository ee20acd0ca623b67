import { Command } from "commander";
import { datasetOptions, type Grouping } from "../../data/sources/grouping.js";
import { UsageError } from "../failure.js";
import { withGroupOptions } from "../options/picture-options.js";
import { passesProgress } from "../progress/scan-progress.js";
import { signOfLife } from "../progress/sign-of-life.js";

interface Flags extends Grouping {
  readonly out?: string;
  readonly json: boolean;
}

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
    .option("--json", "print all of it as JSON", false)
    .action(async (path: string, { out, json, ...grouping }: Flags) => {
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
      const found = { ...summary, findings: listFindings(summary) };
      process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : datasetText(summary));
      if (out === undefined) return;
      const { writeDatasetPage } = await import("../../report/dataset/dataset-page-file.js");
      await writeDatasetPage(out, scan);
      if (!json) process.stdout.write(`\npage      ${out}\n`);
    });
