// Files that are not read: what they are, and what to do.
import { assertEquals, assertRejects } from "@std/assert";
import { decodeImage } from "../../../../../train/images/formats/decode.ts";

const bytes = (text: string) => Uint8Array.from(text.padEnd(40, "\0"), (c) => c.charCodeAt(0));

Deno.test("decodeImage() says which free program converts what is not read", async () => {
  const cases: [name: string, start: string, what: string, remedy: string][] = [
    ["a.jpg", "\xff\xd8\xff\xe0", "a JPEG, which loses detail", "magick a.jpg a.png"],
    ["m.avi", "RIFF\0\0\0\0AVI LIST", "an AVI video", "ffmpeg -i m.avi frame%05d.png"],
    ["m.mp4", "\0\0\0\x18ftypmp42", "an MP4 or QuickTime video", "ffmpeg -i m.mp4"],
    ["m.mkv", "\x1aE\xdf\xa3", "a Matroska or WebM video", "ffmpeg -i m.mkv"],
    ["n.nd2", "\xda\xce\xbe\x0a", "a Nikon file (ND2)", "bfconvert n.nd2 n.ome.tif"],
    ["z.czi", "ZISRAWFILE", "a Zeiss file (CZI)", "bfconvert z.czi z.ome.tif"],
    ["l.lif", "p\0\0\0\0\0\0\0*", "a Leica file (LIF)", "bfconvert l.lif l.ome.tif"],
    ["o.oib", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "compound format", "bfconvert o.oib o.ome.tif"],
  ];
  for (const [name, start, what, remedy] of cases) {
    const error = await assertRejects(() => decodeImage(bytes(start), { name }), SyntaxError, what);
    assertEquals(error.message.includes(remedy), true, error.message);
  }
  await assertRejects(() => decodeImage(bytes("hello")), SyntaxError, "it starts with");
});
