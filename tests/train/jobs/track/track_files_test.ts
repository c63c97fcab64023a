import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../../train/images/formats/decode.ts";
import {
  encodeFloatTiff,
  encodeGreyTiff,
  encodeLabelTiff,
} from "../../../../train/images/formats/encode.ts";
import { Random } from "../../../../train/images/random.ts";
import { disk } from "../../../../train/jobs/disk/files.ts";
import { decodeApng } from "fast-png";
import { trackFiles } from "../../../../train/jobs/track/track_files.ts";
import type { TrackFilesOptions } from "../../../../train/jobs/track/track_options.ts";
import { decodeChallengeTracks } from "../../../../train/objects/sequence/track_tables.ts";
import { type Disc, discs, shuffled } from "../../objects/fixtures/movies.ts";
import { withFolder } from "../../fixtures/temporary.ts";
import { typesOf } from "../../fixtures/told.ts";

const SIZE = { width: 60, height: 60 };

/** One that is missed in frame 2, and a mother with two daughters from frame 3 on. */
const MOVIE = [0, 1, 2, 3, 4].map((t): Disc[] => [
  ...(t === 2 ? [] : [{ y: 10, x: 10 + 3 * t, r: 4, id: 1 }]),
  ...(t < 3 ? [{ y: 40, x: 30, r: 6, id: 2 }] : [
    { y: 40, x: 23 - t, r: 4, id: 3 },
    { y: 40, x: 37 + t, r: 4, id: 4 },
  ]),
]);

function images(): ReturnType<typeof discs>[] {
  const random = new Random(3);
  return MOVIE.map((list) => shuffled(discs(list, SIZE), random));
}

function folderOf(name = "t"): Record<string, Uint8Array> {
  return Object.fromEntries(
    images().map((labels, t) => [`labels/${name}00${t}.tif`, encodeLabelTiff([labels])]),
  );
}

async function track(cwd: string, options: Partial<TrackFilesOptions> = {}) {
  const { labels = "labels", out = "out", images, ...others } = options;
  const events = await Array.fromAsync(trackFiles({
    ...others,
    ...{ labels: `${cwd}/${labels}`, out: `${cwd}/${out}` },
    ...(images !== undefined && { images: `${cwd}/${images}` }),
  }));
  return events;
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
}

async function labelsIn(path: string, page = 0) {
  return await readLabels(await decodeImage(disk, path), page);
}

/** The lines of a table as records of texts. */
async function tableIn(path: string): Promise<Record<string, string>[]> {
  const [head, ...lines] = (await Deno.readTextFile(path)).trim().split("\n");
  const columns = head.split(",");
  return lines.map((line) =>
    Object.fromEntries(line.split(",").map((cell, i) => [columns[i], cell]))
  );
}

Deno.test("trackFiles() writes labels under their names, tables, and its record last", async () => {
  await withFolder(folderOf(), async (cwd) => {
    const events = await track(cwd);
    const frames = [0, 1, 2, 3, 4].map((t) => `t00${t}.tif`);
    assertEquals(
      await names(`${cwd}/out`),
      ["objects.csv", "report.html", ...frames, "track.json", "tracks.csv"].sort(),
    );
    assertEquals(
      await Deno.readTextFile(`${cwd}/out/tracks.csv`),
      [
        "track,parent,first,last,length,gaps,begin,end",
        "1,0,0,4,5,1,first,last",
        "2,0,0,2,3,0,first,divided",
        "3,2,3,4,2,0,divided,last",
        "4,2,3,4,2,0,divided,last",
        "",
      ].join("\n"),
    );
    for (const t of [0, 1, 3, 4]) {
      assertEquals((await labelsIn(`${cwd}/out/t00${t}.tif`)).data[10 * 60 + 10 + 3 * t], 1);
    }
    const done = events.at(-1)!;
    assert(done.type === "done");
    const { tracks, divisions, gaps, put_back, written } = done;
    assertEquals({ tracks, divisions, gaps, put_back, written }, {
      ...{ tracks: 4, divisions: 1, gaps: 1, put_back: 0, written: 5 },
    });
    const record = JSON.parse(await Deno.readTextFile(`${cwd}/out/track.json`));
    assertEquals(Object.keys(record), ["version", "model", "settings", "inputs"]);
    const table = await tableIn(`${cwd}/out/objects.csv`);
    assertEquals(table.length, 4 + 3 + 2 * 2);
    assertEquals(
      Object.keys(table[0]).join(),
      "frame,track,label,y,x,area,perimeter,eccentricity,border,put_back",
    );
    assertEquals([table[0].frame, table[0].track, table[0].y, table[0].x], ["0", "1", "10", "10"]);
  });
});

Deno.test("trackFiles() measures every channel, and counts lengths in the images' unit", async () => {
  const planes = (factor: number) =>
    MOVIE.map(() => ({ ...SIZE, data: new Float32Array(3600).map((_, i) => factor * i) }));
  const grey = Object.fromEntries(
    planes(1).map((plane, t) => [`images/t00${t}.tif`, encodeGreyTiff([plane])]),
  );
  await withFolder({ ...folderOf(), ...grey }, async (cwd) => {
    await track(cwd, { images: "images" });
    const [first] = await tableIn(`${cwd}/out/objects.csv`);
    assertEquals(Object.keys(first).slice(-4), ["mean_1", "min_1", "max_1", "sum_1"]);
    assertEquals([first.mean_1, first.min_1, first.max_1], [
      "610",
      `${6 * 60 + 10}`,
      `${14 * 60 + 10}`,
    ]);
    await assertRejects(
      () => track(cwd, { images: "labels/t000.tif", out: "other" }),
      RangeError,
      "has nothing for",
    );
  });
});

Deno.test("trackFiles() stabilises by the images, and writes shifts and a movie", async () => {
  const random = new Random(8);
  const spots = Array.from(
    { length: 40 },
    () => [random.uniform(-20, 80), random.uniform(-20, 80)],
  );
  const grey = Object.fromEntries(MOVIE.map((_, t) => {
    const data = new Float32Array(3600).map((_, i) =>
      100 + spots.reduce((sum, [y, x]) => {
        const away = (Math.floor(i / 60) - y - 2 * t) ** 2 + (i % 60 - x + 3 * t) ** 2;
        return sum + 100 * Math.exp(-away / 18);
      }, 0)
    );
    return [`images/t00${t}.tif`, encodeGreyTiff([{ ...SIZE, data }])];
  }));
  await withFolder({ ...folderOf(), ...grey }, async (cwd) => {
    await track(cwd, { images: "images", stabilise: true, movie: true, animation: true });
    const shifts = await tableIn(`${cwd}/out/shifts.csv`);
    assertEquals(shifts.map(({ frame, y, x }) => [frame, Math.round(+y), Math.round(+x)].join()), [
      ...["0,0,0", "1,2,-3", "2,4,-6", "3,6,-9", "4,8,-12"],
    ]);
    // Labels are not moved.
    assertEquals((await labelsIn(`${cwd}/out/t004.tif`)).data[10 * 60 + 22] > 0, true);
    assertEquals(
      (await Deno.readTextFile(`${cwd}/out/movie.html`)).match(/class="frame"/g)?.length,
      5,
    );
    const animation = decodeApng(await Deno.readFile(`${cwd}/out/animation.png`));
    assertEquals([animation.width, animation.height, animation.frames.length], [60, 60, 5]);
    await assertRejects(() => track(cwd, { out: "b", stabilise: true }), TypeError, "--images");
  });
});

Deno.test("trackFiles() writes a stack for a stack", async () => {
  await withFolder({ "labels.tif": encodeLabelTiff(images()) }, async (cwd) => {
    await track(cwd, { labels: "labels.tif" });
    assertEquals(await names(`${cwd}/out`), [
      "labels.tif",
      "objects.csv",
      "report.html",
      "track.json",
      "tracks.csv",
    ]);
    const stack = await decodeImage(disk, `${cwd}/out/labels.tif`);
    assertEquals(stack.length, 5);
    assertEquals((await readLabels(stack, 4)).data[10 * 60 + 22], 1);
  });
});

Deno.test("trackFiles() writes what the challenge allows: no track has a gap, parents end first", async () => {
  await withFolder(folderOf(), async (cwd) => {
    await track(cwd, { ctc: true });
    const text = await Deno.readTextFile(`${cwd}/out/res_track.txt`);
    const tracks = decodeChallengeTracks(text, "res_track.txt");
    assertEquals(tracks.map(({ first, last, parent }) => [first, last, parent]), [
      [0, 1, 0],
      [0, 2, 0],
      [3, 4, 1],
      [3, 4, 2],
      [3, 4, 2],
    ]);
    for (const t of [0, 1, 2, 3, 4]) {
      const { data } = await labelsIn(`${cwd}/out/mask00${t}.tif`);
      const seen = [...new Set(data)].filter((id) => id > 0).sort();
      const expected = tracks.filter(({ first, last }) => first <= t && t <= last);
      assertEquals(seen, expected.map(({ track }) => track));
    }
    assert((await names(`${cwd}/out`)).includes("t000.tif"));
  });
});

Deno.test("trackFiles() lets the challenge's masks stand where labels have their names", async () => {
  await withFolder(folderOf("mask"), async (cwd) => {
    await track(cwd, { ctc: true });
    // Track 1 goes on as track 3 after its gap.
    assertEquals((await labelsIn(`${cwd}/out/mask003.tif`)).data[10 * 60 + 19], 3);
  });
});

Deno.test("trackFiles() puts back what is missed, and marks it", async () => {
  const maps = Object.fromEntries(MOVIE.map((list, t) => {
    const shown = discs([...list, { y: 10, x: 10 + 3 * t, r: 4, id: 1 }], SIZE);
    const data = Float32Array.from(shown.data, (id) => id > 0 ? 0.6 : 0);
    return [`labels/probability/t00${t}.tif`, encodeFloatTiff([{ ...SIZE, data }])];
  }));
  for (const fill of ["copy", "probable"] as const) {
    await withFolder({ ...folderOf(), ...fill === "probable" ? maps : {} }, async (cwd) => {
      const done = (await track(cwd, { fill, ctc: true })).at(-1)!;
      assert(done.type === "done");
      assertEquals([done.put_back, done.gaps], [1, 0]);
      const marked = (await tableIn(`${cwd}/out/objects.csv`)).filter(({ put_back }) =>
        put_back === "1"
      );
      assertEquals(marked.map(({ frame, track, label, x }) => [frame, track, label, x]), [[
        "2",
        "1",
        "0",
        "16",
      ]]);
      assertEquals((await labelsIn(`${cwd}/out/t002.tif`)).data[10 * 60 + 16], 1);
      assertEquals((await Deno.readTextFile(`${cwd}/out/res_track.txt`)).split("\n")[0], "1 0 4 0");
    });
  }
  await withFolder(folderOf(), async (cwd) => {
    await assertRejects(() => track(cwd, { fill: "probable" }), RangeError, "there are no maps in");
    assertEquals(await names(cwd), ["labels"]);
  });
});

Deno.test("trackFiles() keeps what it did, and mixes it with nothing else", async () => {
  await withFolder(folderOf(), async (cwd) => {
    await track(cwd);
    assertEquals(typesOf(await track(cwd)), ["note"]);
    await assertRejects(() => track(cwd, { maxGap: 0 }), Error, "with other settings");
    await track(cwd, { maxGap: 0, overwrite: true });
    assertEquals((await tableIn(`${cwd}/out/tracks.csv`)).length, 5);
    await assertRejects(() => track(cwd, { out: "labels" }), Error, "into");
    await Deno.mkdir(`${cwd}/full`);
    await Deno.writeTextFile(`${cwd}/full/note.txt`, "mine");
    await assertRejects(() => track(cwd, { out: "full" }), Error, "already holds note.txt");
  });
});

Deno.test("trackFiles() refuses damaged files and frames of another size, and leaves nothing behind", async () => {
  const damaged = { ...folderOf(), "labels/t003.tif": new Uint8Array([73, 73, 42, 0, 9]) };
  await withFolder(damaged, async (cwd) => {
    await assertRejects(() => track(cwd), SyntaxError, "t003.tif");
    assertEquals(await names(cwd), ["labels"]);
  });
  const other = {
    ...folderOf(),
    "labels/t003.tif": encodeLabelTiff([discs([], { width: 9, height: 9 })]),
  };
  await withFolder(other, async (cwd) => {
    await assertRejects(() => track(cwd), RangeError, "t003.tif is 9x9, t000.tif 60x60");
    assertEquals(await names(cwd), ["labels"]);
  });
});

Deno.test("trackFiles() takes a frame that is missing for a gap, and numbers that go up", async () => {
  const { "labels/t002.tif": _missing, ...others } = folderOf();
  await withFolder(others, async (cwd) => {
    const events = await track(cwd);
    assert(events[0].type === "note" && events[0].text.includes("frame 2 is missing"));
    const tracks = await tableIn(`${cwd}/out/tracks.csv`);
    assertEquals(tracks.map(({ first, last, gaps }) => [first, last, gaps]).slice(0, 2), [
      ["0", "4", "1"],
      ["0", "1", "0"],
    ]);
  });
});

Deno.test("trackFiles() says that a movie without images shows outlines alone", async () => {
  await withFolder(folderOf(), async (cwd) => {
    const notesOf = async (options: Parameters<typeof track>[1]) =>
      (await track(cwd, options)).flatMap((event) => event.type === "note" ? [event.text] : []);
    assertEquals(await notesOf({ movie: true, animation: true, out: "bare" }), [
      "movie.html and animation.png will show outlines alone: name the images with --images to see " +
      "them, too",
    ]);
    assertEquals(await notesOf({ out: "none" }), []);
    assertEquals(await notesOf({ movie: true, images: "labels", out: "seen" }), []);
  });
});

Deno.test("trackFiles() refuses images for labels, and names the way out", async () => {
  const random = new Random(2);
  const noisy = Object.fromEntries([0, 1, 2].map((t) => {
    const data = new Float32Array(3600).map(() => 300 + random.integer(900));
    return [`labels/t00${t}.tif`, encodeGreyTiff([{ ...SIZE, data }])];
  }));
  const empty = { "labels/t000.tif": encodeLabelTiff([discs([], SIZE)]) };
  for (const files of [noisy, { ...noisy, ...empty }]) {
    await withFolder(files, async (cwd) => {
      const first = files === noisy ? "t000" : "t001";
      await assertRejects(
        () => track(cwd),
        RangeError,
        `${first}.tif looks like an image, not like labels`,
      );
      await assertRejects(() => track(cwd), RangeError, "give label images with --labels");
      assertEquals(await names(cwd), ["labels"]);
      const done = (await track(cwd, { masks: "instances" })).at(-1)!;
      assert(done.type === "done" && done.tracks > 100);
    });
  }
});

Deno.test("trackFiles() says what seems binary, and takes connected pixels for objects if told", async () => {
  const files = Object.fromEntries(MOVIE.map((list, t) => {
    const white = list.map((disc) => ({ ...disc, id: 255 }));
    return [`labels/t00${t}.tif`, encodeLabelTiff([discs(white, SIZE)])];
  }));
  await withFolder(files, async (cwd) => {
    const [note, ...others] = await track(cwd);
    assert(note.type === "note" && note.text.includes("--masks binary"));
    assert(others.every(({ type }) => type !== "note"));
    const done = (await track(cwd, { masks: "binary", out: "objects" })).at(-1)!;
    assert(done.type === "done");
    assertEquals([done.tracks, done.divisions], [4, 1]);
  });
});

Deno.test("trackFiles() drops what one frame alone shows if told, and counts it", async () => {
  const extra = (t: number): Disc[] => t === 4 ? [{ y: 54, x: 54, r: 3, id: 9 }] : [];
  const files = Object.fromEntries(
    MOVIE.map((list, t) =>
      [`labels/t00${t}.tif`, encodeLabelTiff([discs([...list, ...extra(t)], SIZE)])] as const
    ),
  );
  await withFolder(files, async (cwd) => {
    const kept = (await track(cwd)).at(-1)!;
    assert(kept.type === "done" && !("dropped" in kept));
    assertEquals(kept.tracks, 5);
    const events = await track(cwd, { dropUnsupported: true, ctc: true, out: "less" });
    const done = events.at(-1)!;
    assert(done.type === "done");
    assertEquals([done.tracks, done.dropped, done.divisions], [4, 1, 1]);
    assertEquals(
      events.flatMap((event) => event.type === "frame" ? event.dropped : []),
      [0, 0, 0, 0, 1],
    );
    assertEquals((await labelsIn(`${cwd}/less/t004.tif`)).data[54 * 60 + 54], 0);
    assertEquals((await tableIn(`${cwd}/less/tracks.csv`)).length, 4);
    assert(
      (await Deno.readTextFile(`${cwd}/less/report.html`)).includes("<b>1</b> object dropped"),
    );
  });
});
