/// <reference lib="dom" />
// The page from the first click to results, in Chromium on SwiftShader.
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
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

/**
 * The share of the objects of either that have a partner of the same outline, nearly, in the other.
 *
 * @param rows The page's table of objects: what it put back, the network did not find.
 */
async function sharedObjects(
  command: string,
  { page, rows }: { page: string; rows: readonly number[][] },
): Promise<number> {
  const [a, b] = [await openLabels(disk, command), await openLabels(disk, page)];
  assertEquals(a.length, b.length);
  let [same, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const back = new Set(rows.filter((row) => row[0] === i && row[9] === 1).map((row) => row[1]));
    const found = await b.frame(i);
    const data = found.data.map((track) => back.has(track) ? 0 : track);
    const overlap = overlapOf(await a.frame(i), { ...found, data });
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
  await open.waitFor(".hint", "^Segmenting will take about \\d+ MiB of GPU memory");
  await open.press(texts.segment);
  await open.waitFor(".task-text", texts.exposing);
  const asked = performance.now();
  await open.press(texts.cancel);
  assertEquals(await open.waitFor(".result", "."), texts.cancelled(0));
  assertLess(performance.now() - asked, 20_000, "the exposure takes minutes to be chosen");
  await open.press(texts.segment);
  assertMatch(await open.waitFor(".result", "objects"), /^\d+ objects in 8 frames/);
  assertMatch(await open.text(".count"), /^\d+ objects$/);

  const [busy, slowdown] = [await open.longestTask(), await open.slowdown()];
  console.log(
    `the page was busy for ${busy} ms at most, on a machine ${slowdown.toFixed(1)} times as slow`,
  );
  assertLess(busy, 100 * slowdown);

  await open.press(texts.saveTab);
  const labels = await open.download(texts.downloads.labels);
  const tracks = await Deno.readTextFile(await open.download(texts.downloads.tracks));
  assertMatch(tracks, /^track,parent,first,last,length,gaps,begin,end\n1,0,0,/);
  const objects = await Deno.readTextFile(await open.download(texts.downloads.objects));
  assertMatch(objects, /^frame,track,label,y,x,area,.*,mean_1,min_1,max_1,sum_1\n0,1,/);
  const rows = objects.trimEnd().split("\n").slice(1).map((row) => row.split(",").map(Number));
  // After what the page was busy with is measured: two programs at once would take its time from it.
  const command = await labelsOfCommand(open.folder);
  assertGreater(await sharedObjects(command, { page: labels, rows }), 0.99);
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
