import { describe, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { type Network, sequential } from "../network.js";
import { ocr, vgg16 } from "../zoo/index.js";
import { networkTable } from "./table.js";
import { csvTable, jsonTable, markdownTable, textTable } from "./table-format.js";

const table = (network: Network, batchSize = 1) => networkTable(network, { batchSize });

/** Names that would break a careless table. */
const awkward = sequential("awkward", { channels: 4, height: 9, width: 9 }, [
  conv([3, 1], 6, { name: 'a|b, "c"', groups: 2, dilation: [2, 1], stride: [1, 3], pad: [1, 0, 0, 0] }),
  relu(),
]);

describe("text", () => {
  test("of the net for letters, for a batch of 100", () => {
    // 5.98 MiB = 100 images · 15 680 numbers · 4 bytes / 1024², and so on
    expect(textTable(table(ocr(), 100))).toBe(`\
#  name   type            support  stride  pad    output  filt depth  rec field  rf stride  parameters  param mem  data mem  mult-adds
─  ─────  ──────────────  ───────  ──────  ───  ────────  ──────────  ─────────  ─────────  ──────────  ─────────  ────────  ─────────
0  image  input                                  1×32×32                    1×1          1                          400 KiB
1  conv1  conv                5×5       1    0  20×28×28           1        5×5          1         520   2.03 KiB  5.98 MiB      392 K
2  pool1  maxPool             2×2       2    0  20×14×14                    6×6          2                         1.50 MiB
3  conv2  conv                5×5       1    0  50×10×10          20      14×14          2      25 050   97.9 KiB  1.91 MiB     2.50 M
4  pool2  maxPool             2×2       2    0    50×5×5                  16×16          4                          488 KiB
5  conv3  conv                4×4       1    0   500×2×2          50      28×28          4     400 500   1.53 MiB   781 KiB     1.60 M
6  relu1  relu                                   500×2×2                  28×28          4                          781 KiB
7  conv4  conv                2×2       1    0    26×1×1         500      32×32          4      52 026    203 KiB  10.2 KiB     52.0 K
8  loss1  softmaxLogLoss                           1×1×1                  32×32          4                            400 B

network        ocr
parameters     478 096 (1.82 MiB)
multiply-adds  4.54 M for one image, of convolutions and fully connected layers
data memory    11.8 MiB for a batch of 100
`);
  });

  test("goes on below where the terminal ends, with the layers' names again", () => {
    const network = sequential("small", { channels: 1, height: 8, width: 8 }, [conv(3, 2), maxPool(2, { stride: 2 })]);
    expect(textTable(table(network), { width: 60 })).toBe(`\
#  name   type     support  stride  pad  output  filt depth
─  ─────  ───────  ───────  ──────  ───  ──────  ──────────
0  image  input                           1×8×8
1  conv1  conv         3×3       1    0   2×6×6           1
2  pool1  maxPool      2×2       2    0   2×3×3

#  name   rec field  rf stride  parameters  param mem
─  ─────  ─────────  ─────────  ──────────  ─────────
0  image        1×1          1
1  conv1        3×3          1          20       80 B
2  pool1        4×4          2

#  name   data mem  mult-adds
─  ─────  ────────  ─────────
0  image     256 B
1  conv1     288 B        648
2  pool1      72 B

network        small
parameters     20 (80 B)
multiply-adds  648 for one image, of convolutions and fully connected layers
data memory    616 B for a batch of 1
`);
  });

  test("is never wider than the terminal, unless a single column is", () => {
    const widest = (width: number): number =>
      Math.max(
        ...textTable(table(vgg16()), { width })
          .split("\n")
          .map((line) => line.length),
      );
    expect(widest(80)).toBeLessThanOrEqual(80);
    expect(widest(120)).toBeLessThanOrEqual(120);
    // "#", the name, a gap each, and the widest column: "filt depth"
    expect(textTable(table(ocr()), { width: 1 }).split("\n")[0]).toBe("#  name   type");
  });

  test("shows dilation and groups where a layer uses them, and each axis where they differ", () => {
    const [header, , , first, second] = textTable(table(awkward)).split("\n");
    const names = ["#", "name", "type", "support", "stride", "pad", "dilation", "groups", "output", "filt depth"];
    expect(header.split(/ {2,}/).slice(0, 10)).toEqual(names);
    // output: (9 + 1 − 5)/1 + 1 = 6 by ⌊(9 − 1)/3⌋ + 1 = 3; 6·2·3 + 6 parameters; 6·3·6·2·3 multiply-adds
    expect(first.trim().split(/ {2,}/)).toEqual([
      "1",
      'a|b, "c"',
      "conv",
      "3×1",
      "1×3",
      "1,0,0,0",
      "2×1",
      "2",
      "6×6×3",
      "2",
      "5×1",
      "1×3",
      "42",
      "168 B",
      "432 B",
      "648",
    ]);
    expect(second.trim().split(/ {2,}/)).toEqual(["2", "relu1", "relu", "6×6×3", "5×1", "1×3", "432 B"]);
    expect(textTable(table(ocr()))).not.toMatch(/dilation|groups/);
  });

  test("says what each layer reads where that is not just the line above", () => {
    const image = { channels: 2, height: 8, width: 8 };
    const block = [conv(3, 2, { pad: 1 }), sum({ inputs: ["conv1", "image"] }), relu()];
    expect(textTable(table(sequential("residual", image, block)))).toBe(`\
#  name   type   inputs        support  stride  pad  output  filt depth  rec field  rf stride  parameters  param mem  data mem  mult-adds
─  ─────  ─────  ────────────  ───────  ──────  ───  ──────  ──────────  ─────────  ─────────  ──────────  ─────────  ────────  ─────────
0  image  input                                       2×8×8                    1×1          1                            512 B
1  conv1  conv   image             3×3       1    1   2×8×8           2        3×3          1          38      152 B     512 B     2.30 K
2  sum1   sum    conv1, image                         2×8×8                    3×3          1                            512 B
3  relu1  relu   sum1                                 2×8×8                    3×3          1                            512 B

network        residual
parameters     38 (152 B)
multiply-adds  2.30 K for one image, of convolutions and fully connected layers
data memory    2.00 KiB for a batch of 1
`);
    expect(textTable(table(ocr()))).not.toContain("inputs");
  });

  test("sums up VGG-16", () => {
    expect(textTable(table(vgg16())).split("\n").slice(-5)).toEqual([
      "network        vgg16",
      "parameters     138 357 544 (528 MiB)",
      "multiply-adds  15.5 G for one image, of convolutions and fully connected layers",
      "data memory    110 MiB for a batch of 1",
      "",
    ]);
  });
});

describe("Markdown", () => {
  test("is a table that GitHub understands, and a list of totals", () => {
    const network = sequential("small", { channels: 1, height: 8, width: 8 }, [conv(3, 2), softmaxLogLoss()]);
    expect(markdownTable(table(network))).toBe(`\
| # | name | type | support | stride | pad | output | filt depth | rec field | rf stride | parameters | param mem | data mem | mult-adds |
| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 0 | image | input |  |  |  | 1×8×8 |  | 1×1 | 1 |  |  | 256 B |  |
| 1 | conv1 | conv | 3×3 | 1 | 0 | 2×6×6 | 1 | 3×3 | 1 | 20 | 80 B | 288 B | 648 |
| 2 | loss1 | softmaxLogLoss |  |  |  | 1×1×1 |  | 3×3 | 1 |  |  | 4 B |  |

- network: small
- parameters: 20 (80 B)
- multiply-adds: 648 for one image, of convolutions and fully connected layers
- data memory: 548 B for a batch of 1
`);
  });

  test("escapes what would end a cell", () => {
    expect(markdownTable(table(awkward))).toContain('| 1 | a\\|b, "c" | conv |');
  });
});

describe("CSV", () => {
  test("has a header, one line for each row, CRLF, and quotes where they are needed", () => {
    expect(csvTable(table(awkward, 10)).split("\r\n")).toEqual([
      "layer,name,type,inputs,variable,supportHeight,supportWidth,strideVertical,strideHorizontal,padTop,padBottom,padLeft,padRight," +
        "dilationVertical,dilationHorizontal,groups,channels,height,width,filterDepth,fieldHeight,fieldWidth," +
        "fieldStrideVertical,fieldStrideHorizontal,fieldOffsetVertical,fieldOffsetHorizontal," +
        "parameters,parameterBytes,dataBytes,multiplyAdds",
      "0,image,input,,image,,,,,,,,,,,1,4,9,9,,1,1,1,1,0,0,0,0,12960,0",
      '1,"a|b, ""c""",conv,image,"a|b, ""c""",3,1,1,3,1,0,0,0,2,1,2,6,6,3,2,5,1,1,3,1,0,42,168,4320,648',
      '2,relu1,relu,"a|b, ""c""",relu1,,,,,,,,,,,1,6,6,3,,5,1,1,3,1,0,0,0,4320,0',
      "",
    ]);
  });
});

describe("JSON", () => {
  test("keeps numbers numbers, and says null where nothing applies", () => {
    const { network, batchSize, layers, totals } = JSON.parse(jsonTable(table(awkward, 10)));
    expect([network, batchSize]).toEqual(["awkward", 10]);
    expect(layers.map(({ name }: { name: string }) => name)).toEqual(["image", 'a|b, "c"', "relu1"]);
    expect(layers[1]).toEqual({
      layer: 1,
      name: 'a|b, "c"',
      type: "conv",
      inputs: ["image"],
      variable: 'a|b, "c"',
      support: [3, 1],
      stride: [1, 3],
      pad: [1, 0, 0, 0],
      dilation: [2, 1],
      groups: 2,
      output: { channels: 6, height: 6, width: 3 },
      filterDepth: 2,
      field: { size: [5, 1], stride: [1, 3], offset: [1, 0] },
      parameters: 42,
      parameterBytes: 168,
      dataBytes: 4320,
      multiplyAdds: 648,
    });
    expect(layers[2]).toMatchObject({ support: null, filterDepth: null, parameters: 0 });
    expect(totals).toEqual({ parameters: 42, parameterBytes: 168, dataBytes: 12960 + 4320 + 4320, multiplyAdds: 648 });
  });
});
