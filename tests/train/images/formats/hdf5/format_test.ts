// HDF5: data sets by path, axes, Imaris, and what is refused.
import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage, readLabels, readPlane } from "../../../../../train/images/formats/decode.ts";
import { type Hdf5Library, hdf5Library } from "../../../../../train/images/formats/hdf5/library.ts";
import { openVideo } from "../../../../../train/images/series/video.ts";
import { everyFormat as formats } from "../../../../../train/images/formats/every.ts";
import { heldSource, type Source } from "../../../../../train/images/source.ts";

type File = InstanceType<Hdf5Library["File"]>;

let count = 0;

/** A source with one file, `a.h5` unless told, as `fill` makes it. */
async function withH5(
  fill: (file: File) => void,
  name = `a${++count}.h5`,
): Promise<[Source, string]> {
  const { library, files } = await hdf5Library();
  const file = new library.File(`/test-${name}`, "w");
  fill(file);
  file.close();
  const bytes = files.readFile(`/test-${name}`).slice();
  files.unlink(`/test-${name}`);
  return [{ ...heldSource(new Map([[name, bytes]])), formats }, name];
}

const counting = (length: number) => Uint16Array.from({ length }, (_, i) => 3 * i);

Deno.test("decodeImage() reads the only data set of a file, compressed in chunks", async () => {
  const [source, name] = await withH5((file) => {
    file.create_group("phase");
    file.get("phase");
    file.create_dataset({
      ...{ name: "phase/raw", data: counting(12), shape: [3, 4], chunks: [2, 2] },
      ...{ compression: "gzip", compression_opts: 5 },
    });
    file.create_dataset({ name: "time", data: Float32Array.of(1, 2), shape: [2] });
  });
  const stack = await decodeImage(source, name);
  assertEquals([stack.width, stack.height, stack.bits, stack.notes], [4, 3, 16, []]);
  assertEquals([...(await readPlane(stack, 0)).data], [...counting(12)]);
  assertEquals([...(await readLabels(stack, 0)).data].at(-1), 33);
});

// h5py: File("bool.h5", "w", libver="latest")["mask"] = array([[True, False, True], [False, False, True]])
Deno.test("decodeImage() reads yes and no, as h5py writes them, as 1 and 0", async () => {
  const bytes = await Deno.readFile(new URL("fixtures/bool.h5", import.meta.url));
  const stack = await decodeImage({ ...heldSource(new Map([["b.h5", bytes]])), formats }, "b.h5");
  assertEquals([stack.width, stack.height], [3, 2]);
  assertEquals([...(await readLabels(stack, 0)).data], [1, 0, 1, 0, 0, 1]);
});

Deno.test("decodeImage() asks for a path where there are several data sets, and reads it", async () => {
  const [source, name] = await withH5((file) => {
    file.create_dataset({ name: "a", data: counting(6), shape: [2, 3] });
    file.create_dataset({ name: "b", data: Float32Array.of(1.5, 2, 3, 4), shape: [2, 2] });
  });
  await assertRejects(
    () => decodeImage(source, name),
    SyntaxError,
    `it holds 2 data sets: /a, /b; name one, such as ${name}:/a`,
  );
  const stack = await decodeImage(source, `${name}:/b`);
  assertEquals([...(await readPlane(stack, 0)).data], [1.5, 2, 3, 4]);
  assertEquals((await openVideo(source, `${name}:b`)).stems, [name.replace(".h5", "")]);
  await assertRejects(
    () => decodeImage(source, `${name}:/c`),
    SyntaxError,
    "it has no c; name one of",
  );
});

Deno.test("decodeImage() goes by the axes that ilastik writes, or says how it takes them", async () => {
  const [source, name] = await withH5((file) => {
    const data = counting(2 * 3 * 4 * 2);
    // Time, columns, rows, channels.
    file.create_dataset({ name: "exported_data", data, shape: [2, 4, 3, 2] });
    const axes = ["t", "x", "y", "c"].map((key) => ({ key }));
    file.get("exported_data");
    (file.get("exported_data") as never as File).create_attribute(
      "axistags",
      JSON.stringify({ axes }),
    );
  });
  const stack = await decodeImage(source, name);
  assertEquals([stack.width, stack.height, stack.axes], [4, 3, { t: 2, z: 1, c: 2 }]);
  // Frame 1, channel 1: pixel (x, y) is number ((t * 4 + x) * 3 + y) * 2 + c.
  const expected = [0, 1, 2].flatMap((y) =>
    [0, 1, 2, 3].map((x) => 3 * (((4 + x) * 3 + y) * 2 + 1))
  );
  assertEquals([...(await readPlane(stack, 3)).data], expected);
  const [plain, other] = await withH5((file) => {
    file.create_dataset({ name: "v", data: counting(5 * 6 * 7), shape: [5, 6, 7] });
  });
  const video = await decodeImage(plain, other);
  assertEquals(video.axes.t, 5);
  assertEquals(video.notes, ["it does not say what its axes are: 5x6x7 is read as TYX"]);
});

Deno.test("decodeImage() reads Imaris files without their padding, with names and spacing", async () => {
  const [source, name] = await withH5((file) => {
    const letters = (text: string) => [...text];
    for (
      const group of ["DataSet", "DataSet/ResolutionLevel 0", "DataSetInfo", "DataSetInfo/Image"]
    ) {
      file.create_group(group);
    }
    const info = file.get("DataSetInfo/Image") as File;
    const sizes = {
      ExtMin0: "0",
      ExtMax0: "1.5",
      ExtMin1: "0",
      ExtMax1: "1",
      ExtMin2: "0",
      ExtMax2: "1",
    };
    for (const [key, value] of Object.entries({ ...sizes, Unit: "um" })) {
      info.create_attribute(key, letters(value), [value.length], "S1");
    }
    for (let c = 0; c < 2; c++) {
      file.create_group(`DataSetInfo/Channel ${c}`);
      const channel = file.get(`DataSetInfo/Channel ${c}`) as File;
      channel.create_attribute("Name", letters(`CH${c}`), [3], "S1");
    }
    for (let t = 0; t < 2; t++) {
      const time = `DataSet/ResolutionLevel 0/TimePoint ${t}`;
      file.create_group(time);
      for (let c = 0; c < 2; c++) {
        file.create_group(`${time}/Channel ${c}`);
        const group = file.get(`${time}/Channel ${c}`) as File;
        for (const [key, value] of Object.entries({ X: "3", Y: "2", Z: "1" })) {
          group.create_attribute(`ImageSize${key}`, letters(value), [1], "S1");
        }
        // One slice of 4 × 4 stored pixels, of which 2 × 3 are the image.
        const data = Uint16Array.from({ length: 16 }, (_, i) => 100 * t + 50 * c + i);
        group.create_dataset({ name: "Data", data, shape: [1, 4, 4] });
      }
    }
  }, "m.ims");
  const stack = await decodeImage(source, name);
  assertEquals([stack.width, stack.height, stack.axes], [3, 2, { t: 2, z: 1, c: 2 }]);
  assertEquals(stack.channelNames, ["CH0", "CH1"]);
  assertEquals(stack.calibration, { width: 0.5, height: 0.5, depth: 1, unit: "micron" });
  assertEquals([...(await readPlane(stack, 3)).data], [150, 151, 152, 154, 155, 156]);
});

Deno.test("decodeImage() refuses damaged HDF5, and files without images", async () => {
  const [source, name] = await withH5((file) => {
    file.create_dataset({ name: "time", data: Float32Array.of(1, 2), shape: [2] });
  });
  await assertRejects(() => decodeImage(source, name), SyntaxError, "it holds no images");
  using bytes = await source.open(name);
  const cut = (await bytes.read(0, bytes.size)).slice(0, 200);
  await assertRejects(
    () => decodeImage(cut, { formats }),
    SyntaxError,
    "it is damaged or cut short",
  );
});
