/**
 * The page as one file that carries everything inside itself and is forbidden every connection.
 *
 * @module
 */

import { builtinWeights } from "../../train/models/builtin/mod.ts";
import type { Embedded } from "../page/embedded.ts";
import { texts } from "../shared/texts.ts";
import { bundle } from "./bundle.ts";
import { exampleMovie } from "./example.ts";

/**
 * What the page may do: run its own script, which is known by its hash, and workers and pictures that it
 * made itself. It may connect to nothing, send no form, and be given no other base.
 */
async function policyFor(script: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  return [
    "default-src 'none'",
    "connect-src 'none'",
    `script-src 'sha256-${new Uint8Array(hash).toBase64()}'`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "worker-src blob:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}

/** A script as it may stand in HTML. */
function inHtml(script: string): string {
  return script.trim().replaceAll(/<(?=\/script|!--)/gi, "\\x3c");
}

async function textAt(path: string): Promise<string> {
  return await Deno.readTextFile(new URL(path, import.meta.url));
}

/** Builds the page. */
export async function buildPage(): Promise<string> {
  const [script, worker] = await Promise.all(
    ["../page/main.ts", "../worker/main.ts"].map(async (file) =>
      inHtml(await bundle(new URL(file, import.meta.url), { format: "iife" }))
    ),
  );
  const stills = new URL("../../train/models/builtin/stills.zip", import.meta.url);
  const embedded: Record<Embedded, string> = {
    worker,
    weights: (await builtinWeights()).toBase64(),
    stills: (await Deno.readFile(stills)).toBase64(),
    example: exampleMovie().toBase64(),
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${await policyFor(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.title}: ${texts.subtitle}</title>
<link rel="icon" href="data:,">
<style>
${await textAt("../page/style.css")}</style>
</head>
<body>
<div id="page"></div>
${
    Object.entries(embedded).map(([name, text]) =>
      `<script type="text/plain" id="embedded-${name}">${text}</script>`
    ).join("\n")
  }
<script>${script}</script>
</body>
</html>
`;
}
