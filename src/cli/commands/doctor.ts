import { Command } from "commander";
import { wrapLines } from "../../report/page/text/wrap.js";
import { doctorText } from "../text/doctor.js";

/** `bellpepper doctor` */
export const doctorCommand = (): Command =>
  new Command("doctor")
    .description("tell which devices and how many threads work here, and why others do not")
    .action(async () => {
      process.stdout.write(`${wrapLines(await doctorText())}\n`);
    });
