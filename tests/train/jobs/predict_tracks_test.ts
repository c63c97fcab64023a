import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels } from "../../../train/images/formats/decode.ts";
import { encodeGreyTiff } from "../../../train/images/formats/encode.ts";
import { InvalidArgumentError } from "../../../train/invalid_argument.ts";
import { doubtfulTiff } from "../../../train/objects/formats/doubtful_tiff.ts";
import { predict } from "../../../train/jobs/predict/predict.ts";
import { diamonds, peaks, starModel } from "../fixtures/models/star_model.ts";
import { disk } from "../../../train/jobs/disk/files.ts";
import { predictTracks } from "../../../train/jobs/predict_tracks.ts";
import { withFolder } from "../fixtures/temporary.ts";
import { type Rectangle, thresholdModel, tiffOf } from "../fixtures/models/threshold_model.ts";

const MODEL = { "model/weights.safetensors": thresholdModel() };
/** One that goes to the right, and one that comes later and is found first. */
const FRAMES = [0, 1, 2].map((t): Rectangle[] => [
  { x: 1 + 2 * t, y: 5, width: 4, height: 3 },
  ...(t === 0 ? [] : [{ x: 8, y: 0, width: 4, height: 3 }]),
]);
const FOLDER = Object.fromEntries(FRAMES.map((list, t) => [`v/t00${t}.tif`, tiffOf(list)]));

async function predicted(
  cwd: string,
  { inputs, ...options }: { inputs: string[]; overwrite?: boolean; ctc?: boolean },
) {
  return await Array.fromAsync(predictTracks(
    {
      ...{ model: `${cwd}/model`, out: `${cwd}/out`, overwrite: options.overwrite },
      inputs: inputs.map((input) => `${cwd}/${input}`),
    },
    { ctc: options.ctc },
  ));
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
}

Deno.test("predictTracks() writes tracks where labels are expected, and goes on with untracked ones", async () => {
  await withFolder({ ...MODEL, ...FOLDER }, async (cwd) => {
    const told = await predicted(cwd, { inputs: ["v"], ctc: true });
    assertEquals(told.filter(({ type }) => type === "tracked").length, 3);
    const tracks = told.find(({ type }) => type === "tracks");
    assertEquals(tracks?.type === "tracks" && tracks.tracks, 2);
    assertEquals(await names(`${cwd}/out`), [
      ...["mask000.tif", "mask001.tif", "mask002.tif", "objects.csv", "report.html"],
      ...[
        "res_track.txt",
        "t000.tif",
        "t001.tif",
        "t002.tif",
        "track.json",
        "tracks.csv",
        "untracked",
      ],
    ]);
    const { data } = await readLabels(await decodeImage(disk, `${cwd}/out/t002.tif`), 0);
    assertEquals([data[5 * 13 + 6], data[9]], [1, 2]);
    const header = (await Deno.readTextFile(`${cwd}/out/objects.csv`)).split("\n")[0];
    assertEquals(header.endsWith("mean_1,min_1,max_1,sum_1"), true);
    const record = JSON.parse(await Deno.readTextFile(`${cwd}/out/track.json`));
    assertEquals(typeof record.model.hash, "string");
    const again = await predicted(cwd, { inputs: ["v"] });
    assertEquals(again.filter(({ type }) => type === "frame").length, 0);
    assertEquals(again.at(-1)?.type, "tracks");
  });
});

Deno.test("predictTracks() gives each input a folder, takes stacks, and replaces nobody's files", async () => {
  const files = { ...MODEL, ...FOLDER, "w.tif": tiffOf(...FRAMES) };
  await withFolder(files, async (cwd) => {
    await predicted(cwd, { inputs: ["v", "w.tif"] });
    assertEquals(await names(`${cwd}/out`), ["v", "w"]);
    assertEquals(await names(`${cwd}/out/w`), [
      ...["objects.csv", "report.html", "track.json", "tracks.csv", "untracked", "w.tif"],
    ]);
    await Deno.remove(`${cwd}/out`, { recursive: true });
    await Deno.mkdir(`${cwd}/out`);
    await Deno.writeTextFile(`${cwd}/out/t001.tif`, "mine");
    await assertRejects(
      () => predicted(cwd, { inputs: ["v"] }),
      Error,
      "it already holds t001.tif",
    );
    assertEquals(await Deno.readTextFile(`${cwd}/out/t001.tif`), "mine");
    const twice = () => predicted(cwd, { inputs: ["v", "./v"] });
    await assertRejects(twice, Error, "two inputs are called v");
  });
});

Deno.test("predictTracks() puts back what a StarDist model proposed and did not keep", async () => {
  const size = { width: 61, height: 42 };
  const [stays, comes] = [{ row: 10, column: 12 }, { row: 28, column: 40 }];
  const frames = [1024, 512, 1024].map((value) => peaks([stays, { ...comes, value }], size));
  const files = {
    "model/weights.safetensors": starModel(),
    ...Object.fromEntries(frames.map((frame, t) => [`v/t${t}.tif`, encodeGreyTiff([frame])])),
  };
  await withFolder(files, async (cwd) => {
    const options = { model: `${cwd}/model`, inputs: [`${cwd}/v`], out: `${cwd}/out` };
    const told = await Array.fromAsync(predictTracks(options, { fill: "probable" }));
    const tracks = told.find(({ type }) => type === "tracks");
    assert(tracks?.type === "tracks");
    assertEquals([tracks.tracks, tracks.put_back], [2, 1]);
    assertEquals(await names(`${cwd}/out/untracked/doubtful`), ["t0.tif", "t1.tif", "t2.tif"]);
    const back = await readLabels(await decodeImage(disk, `${cwd}/out/t1.tif`), 0);
    assertEquals(back, diamonds([stays, comes], size));
  });
});

Deno.test("predict() refuses doubtful objects of a model that has none", async () => {
  await withFolder({ ...MODEL, ...FOLDER }, async (cwd) => {
    const options = { model: `${cwd}/model`, inputs: [`${cwd}/v`], out: `${cwd}/out` };
    const error = await assertRejects(
      () => Array.fromAsync(predict({ ...options, outputs: [doubtfulTiff] })),
      InvalidArgumentError,
      "Cannot use --doubtful with",
    );
    assert(error.message.includes("leave the flag out"));
    assertEquals(await names(cwd), ["model", "v"]);
  });
});
