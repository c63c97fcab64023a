import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { encodeLabelTiff } from "../../../../train/images/formats/encode.ts";
import { evaluateFiles } from "../../../../train/jobs/evaluate_files.ts";
import { type Disc, discs } from "../../objects/fixtures/movies.ts";
import { withFolder } from "../../fixtures/temporary.ts";

/** A movie as files. */
function files(folder: string, frames: readonly Disc[][], name = "t"): Record<string, Uint8Array> {
  const size = { width: 40, height: 40 };
  return Object.fromEntries(
    frames.map((list, t) => [`${folder}/${name}00${t}.tif`, encodeLabelTiff([discs(list, size)])]),
  );
}

/** One that stays in the middle, and one at the edge. */
const TRUTH = [0, 1, 2].map(() => [{ y: 20, x: 20, r: 4, id: 1 }, { y: 3, x: 3, r: 2, id: 2 }]);
/** The first under another number from frame 2 on, the second missed. */
const LABELS = [5, 5, 6].map((id) => [{ y: 20, x: 20, r: 4, id }]);

Deno.test("evaluateFiles() scores tracks that both sides have, also in the field of interest", async () => {
  const all = {
    ...files("res", LABELS, "mask"),
    "res/res_track.txt": "5 0 1 0\n6 2 2 5\n",
    ...files("tra", TRUTH, "man_track"),
    "tra/man_track.txt": "1 0 2 0\n2 0 2 0\n",
  };
  await withFolder(all, async (cwd) => {
    const paths = { labels: `${cwd}/res`, markers: `${cwd}/tra`, field: 6 };
    const { ctc, tracking, field } = await evaluateFiles(paths);
    assertEquals(tracking?.faults, { NS: 0, FN: 3, FP: 0, ED: 0, EA: 2, EC: 1 });
    assertAlmostEquals(ctc!.TRA!, 1 - (30 + 3 + 1) / (60 + 6));
    assertEquals(Object.keys(ctc!), ["DET", "TRA", "LNK", "CT", "TF"]);
    assertEquals(tracking?.id_switches, { rate: 1 / 2, switches: 1, steps: 2 });
    // The one at the edge is beyond the field.
    assertEquals(field?.tracking?.faults, { NS: 0, FN: 0, FP: 0, ED: 0, EA: 0, EC: 1 });
    assertAlmostEquals(field!.ctc!.TRA!, 1 - 1 / (30 + 3));
    await Deno.remove(`${cwd}/res/res_track.txt`);
    const without = await evaluateFiles(paths);
    assertEquals([Object.keys(without.ctc!), without.tracking], [["DET"], undefined]);
  });
});

Deno.test("evaluateFiles() takes the challenge's masks where they lie beside the labels", async () => {
  const all = {
    ...files("res", LABELS.map(([disc]) => [{ ...disc, id: 1 }]), "t"),
    ...files("res", LABELS, "mask"),
    "res/tracks.csv": "track,parent,first,last,length,gaps,begin,end\n1,0,0,2,3,0,first,last\n",
    "res/res_track.txt": "5 0 1 0\n6 2 2 5\n",
    ...files("tra", TRUTH, "man_track"),
    "tra/man_track.txt": "1 0 2 0\n2 0 2 0\n",
  };
  await withFolder(all, async (cwd) => {
    const paths = { labels: `${cwd}/res`, markers: `${cwd}/tra` };
    assertEquals((await evaluateFiles(paths)).tracking?.faults.EC, 1);
  });
});

Deno.test("evaluateFiles() says which track a table lacks, and which line of it is damaged", async () => {
  const all = {
    ...files("res", LABELS, "mask"),
    "res/res_track.txt": "5 0 2 0\n",
    ...files("tra", TRUTH, "man_track"),
    "tra/man_track.txt": "1 0 2 0\n2 0 2 0\n",
  };
  await withFolder(all, async (cwd) => {
    const paths = { labels: `${cwd}/res`, markers: `${cwd}/tra` };
    await assertRejects(
      () => evaluateFiles(paths),
      RangeError,
      "the table of the labels has no track 6",
    );
    await Deno.writeTextFile(`${cwd}/tra/man_track.txt`, "1 0 2\n");
    await assertRejects(() => evaluateFiles(paths), SyntaxError, "man_track.txt: line 1");
  });
});
