// What queues rely on, by the program itself: exit codes of commands for parts of videos.
import { assertEquals } from "@std/assert";
import { command, each, fails, PROGRAM_WORDS } from "../fixtures/command.ts";
import { withFolder } from "../../train/fixtures/temporary.ts";
import { thresholdModel, tiffOf } from "../../train/fixtures/models/threshold_model.ts";

const FILES = {
  "model/weights.safetensors": thresholdModel(),
  "movie.tif": tiffOf([{ x: 1, y: 1, width: 3, height: 3 }], []),
  "empty/notes.txt": "",
};

Deno.test("events of a part carry host, part and time; at the end a job tells what it took", async () => {
  await withFolder(FILES, async (cwd) => {
    const start = PROGRAM_WORDS.toSpliced(2, 0, "--allow-sys=hostname");
    const args = ["predict", "--model=model", "--out=part", "--frames=1:", "movie.tif"];
    const { stdout } = await command([...args, "--json", "--quiet"], { cwd, start }).output();
    const events = new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    const host = new TextDecoder().decode(
      (await new Deno.Command("sh", { args: ["-c", "uname -n"] }).output()).stdout,
    ).trim();
    for (const event of events) {
      assertEquals([event.host, event.shard], [host, "1:"]);
      assertEquals(new Date(event.time).toISOString(), event.time);
    }
    const { type, peakBytes, request: { minutes, mebibytes } } = events.at(-1)!;
    assertEquals([type, minutes >= 1, mebibytes * 2 ** 20 > peakBytes], ["usage", true, true]);
  });
});

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
