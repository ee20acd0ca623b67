import { describe, expect, test } from "vitest";
import { relu, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { averagePool, maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { ocr, vgg16 } from "../zoo/index.js";
import { lectureTable } from "./lecture-table.js";

test("the lecture's table of the net for letters, as trained", () => {
  expect(lectureTable(ocr())).toBe(
    `\
     layer|      1|      2|      3|      4|      5|      6|      7|
      type|    cnv|  mpool|    cnv|  mpool|    cnv|   relu|    cnv|
   support|    5x5|    2x2|    5x5|    2x2|    4x4|    1x1|    2x2|
    stride|      1|      2|      1|      2|      1|      1|      1|
       pad|      0|      0|      0|      0|      0|      0|      0|
   out dim|     20|     20|     50|     50|    500|    500|     26|
  filt dim|      1|    n/a|     20|    n/a|     50|    n/a|    500|
rec. field|      5|      6|     14|     16|     28|     28|     32|
c/g net KB|    4/0|    0/0|  196/0|    0/0| 3129/0|    0/0|  406/0|
total network CPU/GPU memory: 3.6/0 MB
`,
  );
});

/** VGG-16 in three parts, as on the slides: each line of a part follows that of the part before. */
const VGG_PARTS = [
  `\
     layer|      1|      2|      3|      4|      5|      6|      7|      8|      9|     10|     11|     12
      type|    cnv|   relu|    cnv|   relu|  mpool|    cnv|   relu|    cnv|   relu|  mpool|    cnv|   relu
   support|    3x3|    1x1|    3x3|    1x1|    2x2|    3x3|    1x1|    3x3|    1x1|    2x2|    3x3|    1x1
    stride|      1|      1|      1|      1|      2|      1|      1|      1|      1|      2|      1|      1
       pad|      1|      0|      1|      0|      0|      1|      0|      1|      0|      0|      1|      0
   out dim|     64|     64|     64|     64|     64|    128|    128|    128|    128|    128|    256|    256
  filt dim|      3|    n/a|     64|    n/a|    n/a|     64|    n/a|    128|    n/a|    n/a|    128|    n/a
rec. field|      3|      3|      5|      5|      6|     10|     10|     14|     14|     16|     24|     24
c/g net KB|    7/0|    0/0|  144/0|    0/0|    0/0|  289/0|    0/0|  577/0|    0/0|    0/0| 1153/0|    0/0`,
  `\
|     13|     14|     15|     16|     17|     18|     19|     20|     21|     22|     23|     24|     25
|    cnv|   relu|    cnv|   relu|  mpool|    cnv|   relu|    cnv|   relu|    cnv|   relu|  mpool|    cnv
|    3x3|    1x1|    3x3|    1x1|    2x2|    3x3|    1x1|    3x3|    1x1|    3x3|    1x1|    2x2|    3x3
|      1|      1|      1|      1|      2|      1|      1|      1|      1|      1|      1|      2|      1
|      1|      0|      1|      0|      0|      1|      0|      1|      0|      1|      0|      0|      1
|    256|    256|    256|    256|    256|    512|    512|    512|    512|    512|    512|    512|    512
|    256|    n/a|    256|    n/a|    n/a|    256|    n/a|    512|    n/a|    512|    n/a|    n/a|    512
|     32|     32|     40|     40|     44|     60|     60|     76|     76|     92|     92|    100|    132
| 2305/0|    0/0| 2305/0|    0/0|    0/0| 4610/0|    0/0| 9218/0|    0/0| 9218/0|    0/0|    0/0| 9218/0`,
  `\
|     26|     27|     28|     29|     30|     31|     32|     33|     34|     35|     36|     37
|   relu|    cnv|   relu|    cnv|   relu|  mpool|    cnv|   relu|    cnv|   relu|    cnv|   sftm
|    1x1|    3x3|    1x1|    3x3|    1x1|    2x2|    7x7|    1x1|    1x1|    1x1|    1x1|    1x1
|      1|      1|      1|      1|      1|      2|      1|      1|      1|      1|      1|      1
|      0|      1|      0|      1|      0|      0|      0|      0|      0|      0|      0|      0
|    512|    512|    512|    512|    512|    512|   4096|   4096|   4096|   4096|   1000|   1000
|    n/a|    512|    n/a|    512|    n/a|    n/a|    512|    n/a|   4096|    n/a|   4096|    n/a
|    132|    164|    164|    196|    196|    212|    404|    404|    404|    404|    404|    404
|    0/0| 9218/0|    0/0| 9218/0|    0/0|    0/0|401424/0|    0/0|65552/0|    0/0|16004/0|    0/0`,
];

test("the lecture's table of VGG-16, all 37 layers in one", () => {
  const [first, ...others] = VGG_PARTS.map((part) => part.split("\n"));
  const lines = first.map((line, i) => `${line}${others.map((part) => part[i]).join("")}|\n`);
  expect(lectureTable(vgg16())).toBe(`${lines.join("")}total network CPU/GPU memory: 528.9/0 MB\n`);
});

const cells = (network: Network, title: string): string[] => {
  const line = lectureTable(network)
    .split("\n")
    .find((l) => l.trimStart().startsWith(title));
  return (line ?? "")
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
};

describe("other networks", () => {
  const image = { channels: 2, height: 30, width: 40 };

  test("an axis or a side of its own shows", () => {
    const network = sequential("odd", image, [
      conv([3, 5], 4, { stride: [1, 2], pad: [0, 1, 2, 3], groups: 2 }),
      averagePool(2, { stride: 2, pad: [0, 1, 0, 1] }),
      softmax(),
    ]);
    expect(cells(network, "type")).toEqual(["cnv", "apool", "sftm"]);
    expect(cells(network, "support")).toEqual(["3x5", "2x2", "1x1"]);
    expect(cells(network, "stride")).toEqual(["1x2", "2", "1"]);
    expect(cells(network, "pad")).toEqual(["0,1x2,3", "0,1x0,1", "0"]);
    expect(cells(network, "filt dim")).toEqual(["1", "n/a", "n/a"]);
    // vertical 3, 3 + 1·1; horizontal 5, 5 + 1·2
    expect(cells(network, "rec. field")).toEqual(["3x5", "4x7", "4x7"]);
  });

  test("a network with a loss counts its momentum, one without does not", () => {
    // 2·1·1·4000 + 4000 = 12 000 numbers: 48 000 bytes and 48, or 96 000 and 48
    const layers = [conv(1, 4000), relu()];
    expect(cells(sequential("for use", image, layers), "c/g net")).toEqual(["47/0", "0/0"]);
    expect(cells(sequential("trained", image, [...layers, softmaxLogLoss()]), "c/g net")).toEqual(["94/0", "0/0"]);
  });

  test("a half goes to the even neighbour: 0.5 KB is 0, 1.5 KB is 2", () => {
    // bytes 4·n + 48: 512 with n = 116 filters of one number, 1536 with 372
    const bank = (filters: number): Network =>
      sequential("bank", { channels: 1, height: 1, width: 1 }, [conv(1, filters, { biases: false })]);
    expect(cells(bank(116), "c/g net")).toEqual(["0/0"]);
    expect(cells(bank(372), "c/g net")).toEqual(["2/0"]);
    expect(cells(bank(373), "c/g net")).toEqual(["2/0"]);
  });

  test("the mean image of a network for use is its size in doubles", () => {
    // 8·512·512·1 = 2 MB, and 64 bytes of the pooling
    const network = sequential("pooled", { channels: 1, height: 512, width: 512 }, [maxPool(2)]);
    expect(lectureTable(network).endsWith("memory: 2.0/0 MB\n")).toBe(true);
  });
});
