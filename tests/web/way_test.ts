/// <reference lib="dom" />
// The page from the first click to results, in Chromium on SwiftShader.
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { openLabels } from "../../train/images/series/truth.ts";
import { disk } from "../../train/jobs/disk/files.ts";
import { overlapOf, pairScore } from "../../train/objects/overlap.ts";
import { exampleMovie } from "../../web/build/example.ts";
import { texts } from "../../web/shared/texts.ts";
import { hasChromium, OpenPage } from "./browser.ts";

/** Label images of the example as the command line finds them: a stack. */
async function labelsOfCommand(folder: string): Promise<string> {
  const movie = `${folder}/example.tif`;
  await Deno.writeFile(movie, exampleMovie());
  const cli = new URL("../../cli.ts", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["run", "-A", cli, "predict", "--out", `${folder}/command`, movie],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return `${folder}/command/example.tif`;
}

/** The share of the objects of either that have a partner of the same outline, nearly, in the other. */
async function sharedObjects(first: string, second: string): Promise<number> {
  const [a, b] = [await openLabels(disk, first), await openLabels(disk, second)];
  assertEquals(a.length, b.length);
  let [same, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const overlap = overlapOf(await a.frame(i), await b.frame(i));
    all += Math.max(overlap.first.ids.length, overlap.second.ids.length);
    same += overlap.pairs.filter((pair) => pairScore(overlap, pair) >= 0.99).length;
  }
  assertGreater(all, 50);
  return same / all;
}

Deno.test("the page goes its whole way on the example, from a file and without a connection", async () => {
  if (!await hasChromium()) return;
  await using open = await OpenPage.open();
  assertEquals(open.requests.length, 1, "the page itself");
  assertEquals(await open.accessFaults(), []);
  await open.press(texts.tryExample);
  assertEquals(await open.waitFor(".movie", "frames"), "example — 8 frames of 128 × 128 pixels");
  await open.waitFor(".chip", "no GPU");
  assertMatch(await open.text(".notice"), /sh setup\.sh steady/);
  await open.press(texts.segment);
  const command = labelsOfCommand(open.folder);
  assertMatch(await open.waitFor(".result", "."), /^\d+ objects in 8 frames/);
  assertMatch(await open.text(".count"), /^\d+ objects$/);

  console.log(`the page was busy for ${await open.longestTask()} ms at most`);

  await open.press(texts.saveTab);
  const labels = await open.download(texts.downloads.labels);
  assertGreater(await sharedObjects(await command, labels), 0.99);
  const tracks = await Deno.readTextFile(await open.download(texts.downloads.tracks));
  assertMatch(tracks, /^track,parent,first,last,length,gaps,begin,end\n1,0,0,/);
  const objects = await Deno.readTextFile(await open.download(texts.downloads.objects));
  assertMatch(objects, /^frame,track,label,y,x,area,.*,mean_1,min_1,max_1,sum_1\n0,1,/);
  const rows = objects.trimEnd().split("\n").slice(1).map((row) => row.split(",").map(Number));
  const seen = (await open.text(".result")).match(/\d+/)![0];
  assertGreater(rows.length + 1, Number(seen), "objects may be put back");

  await open.press(texts.tracksTab);
  await open.page.waitForSelector(".tracks tbody tr");
  const [track, , , area, mean] = await open.page.$$eval(
    ".tracks tbody tr:first-child > *",
    (cells) => cells.map(({ textContent }) => Number(textContent)),
  );
  const own = rows.filter((row) => row[1] === track);
  const average = (column: number) => own.reduce((sum, row) => sum + row[column], 0) / own.length;
  assertEquals(area, Math.round(average(5)));
  assertEquals(mean, Number(average(10).toPrecision(4)));
  await open.press(String(track));
  await open.waitFor("[role=status]", texts.following(track));
  await open.page.waitForSelector(
    `svg[aria-label="${texts.plotOf(texts.area, texts.trackNamed(track))}"]`,
  );

  for (const theme of ["light", "dark"]) {
    await open.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    for (const tab of [texts.work, texts.tracksTab, texts.correctTab, texts.saveTab]) {
      await open.press(tab);
      assertEquals(await open.accessFaults(), [], `${tab}, ${theme}`);
    }
  }

  assertEquals(open.requests.length, 1, "nothing is asked for after loading");
  assertEquals(open.errors, []);
});
