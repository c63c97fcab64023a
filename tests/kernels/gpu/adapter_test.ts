// Which kernels suit an adapter, from what it says of itself in Deno, Node and browsers.
import { assertEquals } from "@std/assert";
import { type AdapterFacts, styleOf, summariseAdapter } from "../../../kernels/gpu/adapter.ts";

function guess(info: AdapterFacts["info"], isFallbackAdapter?: boolean) {
  const { name, isSoftware, style } = summariseAdapter({
    info,
    features: ["b", "a"],
    isFallbackAdapter,
  });
  return [name, isSoftware, style];
}

Deno.test("summariseAdapter() knows software adapters by name, whatever text it stands in", () => {
  const llvmpipe = "llvmpipe (LLVM 15.0.6, 256 bits)";
  assertEquals(guess({ vendor: "65541", device: "0", description: llvmpipe }), [
    llvmpipe,
    true,
    "textures",
  ]);
  const inChromium = { vendor: "google", architecture: "swiftshader", device: "", description: "" };
  assertEquals(guess(inChromium), ["google swiftshader", true, "products"]);
  assertEquals(guess({ ...inChromium, isFallbackAdapter: true }), [
    "google swiftshader",
    true,
    "products",
  ]);
  const native = { description: "SwiftShader Device (Subzero)" };
  assertEquals(guess(native), [native.description, true, "products"]);
});

Deno.test("summariseAdapter() leaves to a trial what it cannot tell", () => {
  // Firefox says no names; older browsers have the flag at the adapter.
  assertEquals(guess({ isFallbackAdapter: true }), ["unknown adapter", true, null]);
  assertEquals(guess({}, true), ["unknown adapter", true, null]);
  assertEquals(guess({ vendor: "", description: "" }), ["unknown adapter", false, null]);
  assertEquals(guess({ description: "Microsoft Basic Render Driver" }), [
    "Microsoft Basic Render Driver",
    true,
    null,
  ]);
});

Deno.test("summariseAdapter() takes all others for GPUs", () => {
  assertEquals(guess({ isFallbackAdapter: false }), ["unknown adapter", false, "registers"]);
  assertEquals(guess({}, false), ["unknown adapter", false, "registers"]);
  assertEquals(guess({ vendor: "apple", architecture: "metal-3" }), [
    "apple metal-3",
    false,
    "registers",
  ]);
  assertEquals(guess({ vendor: "4318", description: "NVIDIA GeForce RTX 4090" }), [
    "NVIDIA GeForce RTX 4090",
    false,
    "registers",
  ]);
  assertEquals(summariseAdapter({ info: {}, features: ["b", "a"] }).features, ["a", "b"]);
});

Deno.test("styleOf() follows the kind of adapter where no style is given", () => {
  const summary = { name: "", vendor: "", features: [] };
  assertEquals(styleOf({ ...summary, isSoftware: true }), "textures");
  assertEquals(styleOf({ ...summary, isSoftware: false }), "registers");
  assertEquals(styleOf({ ...summary, isSoftware: true, style: "products" }), "products");
});
