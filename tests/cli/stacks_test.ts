import { assertEquals, assertMatch } from "@std/assert";
import { encodeLabelTiff } from "../../train/images/formats/encode.ts";
import { withFolder } from "../train/fixtures/temporary.ts";
import { labelsOf, type Rectangle } from "../train/fixtures/models/threshold_model.ts";
import { fails, saysNext, tree } from "./fixtures/command.ts";

const A: Rectangle = { x: 1, y: 1, width: 3, height: 2 };
const B: Rectangle = { x: 6, y: 2, width: 4, height: 3 };

Deno.test("filter removes what no neighbouring frame shows, and keeps what it has written", async () => {
  const image = (...rectangles: Rectangle[]) => encodeLabelTiff([labelsOf(rectangles)]);
  const files = { "l/t0.tif": image(A), "l/t1.tif": image(A, B), "l/t2.tif": image(A) };
  await withFolder(files, async (cwd) => {
    const filter = ["filter", "--labels=l", "--out=f"];
    const { lines } = await saysNext(filter, { cwd });
    assertEquals(lines.at(-1), `3 files written to ${cwd}/f; 1 object removed, 0 drawn`);
    assertEquals(
      (await saysNext(filter, { cwd })).lines.at(-1)?.includes("3 that existed kept"),
      true,
    );
    await fails(["filter", "--labels=l", "--out=g", "--min-overlap=2"], {
      ...{ code: 2, says: ["Cannot use --min-overlap 2: expected a number from 0 to 1"], cwd },
    });
    await fails(["filter", "--labels=l", "--out=l"], { code: 2, says: ["Cannot filter l"], cwd });
  });
});

Deno.test("track gives numbers that stay, and evaluate scores them", async () => {
  const frames = [0, 1, 2].map((t) =>
    encodeLabelTiff([labelsOf([{ x: 1 + t, y: 1, width: 4, height: 3 }])])
  );
  const files = Object.fromEntries(frames.flatMap((bytes, t) => [
    [`l/t00${t}.tif`, bytes],
    [`tra/man_track00${t}.tif`, bytes],
  ]));
  await withFolder({ ...files, "tra/man_track.txt": "1 0 2 0\n" }, async (cwd) => {
    const { lines, next } = await saysNext(["track", "--labels=l", "--out=o", "--ctc"], { cwd });
    assertEquals(lines[0].startsWith("1 track, 0 divisions, 0 frames missing within tracks"), true);
    assertMatch(next[1], / evaluate --labels o --markers TRUTH$/);
    assertEquals((await tree(`${cwd}/o`)).sort(), [
      ...["mask000.tif", "mask001.tif", "mask002.tif", "objects.csv", "report.html"],
      ...["res_track.txt", "t000.tif", "t001.tif", "t002.tif", "track.json", "tracks.csv"],
    ]);
    const scored = await saysNext(["evaluate", "--labels=o", "--markers=tra"], { cwd });
    assertEquals(scored.lines.some((line) => line.startsWith("TRA 1.0000  LNK 1.0000")), true);
    await fails(["track", "--labels=l"], { code: 2, says: ["--out is missing"], cwd });
    await fails(["track", "--labels=l", "--out=x", "--fill=all"], {
      ...{ code: 2, says: ["--fill all: expected none, probable or copy"], cwd },
    });
    await fails(["track", "--labels=l", "--out=o", "--max-gap=1"], {
      ...{ code: 1, says: ["with other settings"], cwd },
    });
    await fails(["track", "--labels=none", "--out=x"], { code: 3, says: ["none"], cwd });
  });
});

Deno.test("synth --holotomography writes stacks that train takes, and says how", async () => {
  await withFolder({}, async (cwd) => {
    const { lines, next } = await saysNext(
      ["synth", "--holotomography", "--out=h", "--stills=2", "--frames=1"],
      { cwd },
    );
    assertEquals(lines.at(-1), `10 files written to ${cwd}/h`);
    assertMatch(next[1], / train --model focus --stills h\/stills --focus h\/focus\.csv --out /);
    assertMatch(next[3], / train --stills h\/stills --video h\/movie .* --focus runs\/focus$/);
    assertEquals((await tree(cwd)).includes("h/movie/t000.tif"), true);
    const train = ["train", "--stills=h/stills", "--video=h/movie", "--planes=1", "--out=r"];
    await fails(train, {
      code: 2,
      says: ["Cannot use --planes 1: ", "give a table of focus planes"],
      cwd,
    });
    await fails([...train, "--focus=none.csv"], { code: 3, says: ["Cannot read none.csv"], cwd });
    await fails(["train", "--model=focus", "--stills=h/stills", "--out=r2"], {
      ...{
        code: 2,
        says: ["give a folder of stacks with --stills, and with --focus a table"],
        cwd,
      },
    });
  });
});
