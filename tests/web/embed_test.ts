/// <reference lib="dom" />
// The page of docs/embed.md as it stands there, on a server.
import { assertEquals, assertGreater, assertMatch } from "@std/assert";
import { bundle, forBrowsers, writeModules } from "../../web/build/bundle.ts";
import { encodeGreyTiff } from "../../train/images/formats/encode.ts";
import { type Peak, peaks, starModel } from "../train/fixtures/models/star_model.ts";
import { hasChromium, OpenPage } from "./browser.ts";

const PLACES: readonly Peak[] = [{ row: 10, column: 12 }, { row: 30, column: 20 }];
const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript" };

Deno.test("the page of docs/embed.md loads a model and segments an image, in 40 lines", async () => {
  if (!await hasChromium()) return;
  const folder = await Deno.makeTempDir();
  const text = await Deno.readTextFile(new URL("../../docs/embed.md", import.meta.url));
  const html = text.match(/```html\n([\s\S]*?)```/)![1];
  assertEquals(html.trimEnd().split("\n").length <= 44, true, "about 40 lines");
  await Deno.writeTextFile(`${folder}/index.html`, html);
  await Deno.writeFile(`${folder}/nuclei.safetensors`, starModel());
  await writeModules(new URL(`file://${folder}/modules/`));
  await Deno.writeFile(
    `${folder}/image.tif`,
    encodeGreyTiff([peaks(PLACES, { width: 60, height: 44 })]),
  );
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const path = new URL(request.url).pathname.replace(/\/$/, "/index.html");
      const bytes = await Deno.readFile(folder + path).catch(() => null);
      if (bytes === null) return new Response(null, { status: 404 });
      const type = TYPES[path.split(".").at(-1)!] ?? "application/octet-stream";
      return new Response(bytes, { headers: { "content-type": type } });
    },
  );
  try {
    await using open = await OpenPage.open({ address: `http://127.0.0.1:${server.addr.port}/` });
    // It answers an image once the model is loaded.
    const isReady = () => document.querySelector("input")!.onchange !== null;
    await open.page.waitForFunction(isReady, { polling: 100 })
      .catch((error) => assertEquals(open.errors, [], error.message));
    const input = (await open.page.$("input"))!;
    await input.uploadFile(`${folder}/image.tif`);
    assertMatch(await open.waitFor("output", "object"), /^2 objects$/);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("scripts are written for browsers that know no `using`", async () => {
  if (!await hasChromium()) return;
  // What it becomes makes an error of two; a script in which some is left would get more of them.
  const errorsIn = (script: string) => script.match(/SuppressedError/g)?.length ?? 0;
  const script = await bundle(new URL("../../web/worker/main.ts", import.meta.url), {
    format: "iife",
  });
  assertGreater(errorsIn(script), 0);
  assertEquals(errorsIn(await forBrowsers(script)), errorsIn(script));
  assertGreater(errorsIn(await forBrowsers(`${script}{using a=b}`)), errorsIn(script));
});
