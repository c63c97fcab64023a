// A format of results of this file alone: its flag stands in the help, and the real job writes it.
import { assertEquals, assertMatch } from "@std/assert";
import { predictCommandWith } from "../../train/console/commands/predict.ts";
import { runCommand } from "../../train/console/main.ts";
import { encodeGreyTiff } from "../../train/images/mod.ts";
import { predict } from "../../train/mod.ts";
import { objectsOf, type OutputFormat, outputFormats } from "../../train/objects/mod.ts";
import { testTerminal } from "../train/console/fixtures/terminal.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { picture, thresholdModel } from "../train/fixtures/models/threshold_model.ts";
import { helpOf } from "../train/fixtures/whole_way.ts";

const A = { x: 1, y: 1, width: 3, height: 2 };
const B = { x: 6, y: 2, width: 4, height: 3 };

/** A table: area, corners and highest probability of each object. */
const table: OutputFormat = {
  flag: "table",
  sentence: "Also write a table of objects, tables/NAME.csv",
  needs: ["map", "outlines"],
  file: (stem) => `tables/${stem}.csv`,
  open({ pages }) {
    let frame = 0;
    const text = (lines: string[]) => new TextEncoder().encode(lines.join(""));
    return {
      add({ labels, map, outlines }) {
        const { ids, areas } = objectsOf(labels);
        const rows = [...ids].map((id, i) => {
          const corners = outlines!.find(({ label }) => label === id)!.parts.flat().length;
          const highest = Math.max(...map!.data.filter((_, at) => labels.data[at] === id));
          return `${frame},${id},${areas[i]},${corners},${highest > 0.5}\n`;
        });
        frame++;
        return text(rows);
      },
      end: () => [text([`${frame} of ${pages}\n`])],
    };
  },
};
const command = predictCommandWith({ outputs: [...outputFormats, table] });

Deno.test("predict() and its command write a format that they have never heard of", async () => {
  const video = encodeGreyTiff([[A], [], [A, B]].map(picture));
  const files = { "model/weights.safetensors": thresholdModel(), "v.tif": video };
  await withFolder(files, async (folder) => {
    const [model, inputs, out] = [`${folder}/model`, [`${folder}/v.tif`], `${folder}/out`];
    const args = ["predict", "--table", `--model=${model}`, `--out=${out}`, ...inputs];
    assertEquals(await runCommand(args, { commands: [command], terminal: testTerminal() }), 0);
    const expected = "0,1,6,4,true\n2,1,6,4,true\n2,2,12,4,true\n3 of 3\n";
    assertEquals(await Deno.readTextFile(`${out}/tables/v.csv`), expected);
    const run = () => Array.fromAsync(predict({ model, inputs, out, outputs: [table] }));
    assertEquals((await run()).at(-1), { type: "done", out, written: 0, kept: 1 });
    await Deno.remove(`${out}/tables/v.csv`);
    assertEquals((await run()).at(-1), { type: "done", out, written: 1, kept: 0 });
    assertEquals(await Deno.readTextFile(`${out}/tables/v.csv`), expected);
  });
  assertMatch(await helpOf(command), /\n {2}--table +Also write a table of objects, tables\/NAME/);
});
