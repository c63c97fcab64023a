// What queues rely on, by the program itself: exit codes of commands for parts of videos.
import { each, fails } from "../fixtures/command.ts";
import { withFolder } from "../../train/fixtures/temporary.ts";
import { thresholdModel, tiffOf } from "../../train/fixtures/models/threshold_model.ts";

const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "movie.tif": tiffOf([{ x: 1, y: 1, width: 3, height: 3 }], []),
  "empty/notes.txt": "",
};

Deno.test("what is missing ends commands of parts with the code of a bad input", async () => {
  const wrong: [args: string[], ...says: string[]][] = [
    [["merge", "--out", "x", "nowhere"], "nowhere", "does not exist"],
    [["merge", "--out", "x", "empty"], "empty: there is no predict.json in it"],
    [["summarise", "--out", "x", "empty"], "Cannot sum up empty: there is no run in it"],
    [["predict", "--model", "model", "--ranges", "r.json", "movie.tif"], "no such file"],
  ];
  await withFolder(FILES, async (cwd) => {
    await each(wrong, ([args, ...says]) => fails(args, { code: 3, says, cwd }));
  });
});
