import { assertEquals } from "@std/assert";
import { changedInput, inputsOf } from "../../../../train/jobs/experiment/inputs.ts";
import { withFolder } from "../../fixtures/temporary.ts";

Deno.test("changedInput() tells what changed, and takes data that moved", async () => {
  const files = { "a/t1.tif": "one", "b/t1.tif": "one", "c/t1.tif": "two", "d/t2.tif": "one" };
  await withFolder(files, async (folder) => {
    const inputs = (...video: string[]) =>
      inputsOf({
        ...{ stills: "builtin", volume: [], truth: "", markers: "", focus: "", resumeFrom: "" },
        video: video.map((name) => `${folder}/${name}`),
      });
    const a = await inputs("a");
    assertEquals(a.map(({ setting, path }) => [setting, path]), [["video", `${folder}/a`]]);
    assertEquals(changedInput(a, await inputs("b")), null);
    for (const name of ["c", "d"]) {
      const says = `its results are of video ${folder}/a, not of ${folder}/${name}`;
      assertEquals(changedInput(a, await inputs(name)), says);
    }
    assertEquals(changedInput(a, await inputs("a", "b")), "its results are of other video");
    assertEquals(changedInput(a, await inputs()), "its results are of other video");
    // What no reader of a video takes changes nothing.
    await Deno.mkdir(`${folder}/a/labels`);
    await Deno.writeTextFile(`${folder}/a/labels/t1.tif`, "found");
    await Deno.writeTextFile(`${folder}/a/notes.txt`, "found");
    assertEquals(await inputs("a"), a);
  });
});
