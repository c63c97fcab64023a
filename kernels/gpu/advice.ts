/**
 * What to do where no GPU can be had, in the words of the place: a browser, Node or Deno.
 *
 * @module
 */

/** The place that a program runs in, as far as it can be told from its globals. */
export interface Place {
  /** The text that the place describes itself with; empty where it has none. */
  readonly userAgent: string;
  /** The operating system, as the place names it. */
  readonly platform: string;
  /** Whether there is WebGPU at all; an adapter is then what was not found. */
  readonly hasWebGpu: boolean;
  /** Whether a page came over https, or from this machine; true outside of browsers. */
  readonly isSecure: boolean;
}

/** Globals that not every place has. */
interface Globals {
  readonly navigator?: { readonly userAgent?: string; readonly platform?: string };
  readonly process?: { readonly platform?: string; readonly versions?: { readonly node?: string } };
  readonly isSecureContext?: boolean;
}

/** The place that this program runs in. */
export function thisPlace({ hasWebGpu }: Pick<Place, "hasWebGpu">): Place {
  const { navigator, process, isSecureContext } = globalThis as Globals;
  const node = process?.versions?.node;
  return {
    // Node before 21 has no navigator.
    userAgent: navigator?.userAgent ?? (node === undefined ? "" : `Node.js/${node}`),
    platform: navigator?.platform ?? process?.platform ?? "",
    hasWebGpu,
    isSecure: isSecureContext ?? true,
  };
}

/** Why there is no GPU and what to do, as the end of a sentence. */
export function gpuAdvice(place: Place): string {
  if (/^Deno\//.test(place.userAgent)) return denoAdvice(place);
  if (/^Node\.js\//.test(place.userAgent)) return nodeAdvice(place);
  return browserAdvice(place);
}

function denoAdvice(place: Place): string {
  return place.hasWebGpu
    ? `WebGPU found no adapter; ${driverAdvice(place)}`
    : "this Deno has no WebGPU; take Deno 2.9 or later";
}

function nodeAdvice(place: Place): string {
  return place.hasWebGpu
    ? `WebGPU found no adapter; ${driverAdvice(place)}; npm's webgpu refuses drivers like that ` +
      "of Mesa 22"
    : "Node has no WebGPU; run `npm install webgpu` and give its create([]) to openDevice({ webgpu })";
}

function driverAdvice({ platform }: Place): string {
  if (/mac|darwin/i.test(platform)) {
    return "it needs a GPU that Metal supports";
  }
  if (/win/i.test(platform)) {
    return "update the driver of the graphics card (Direct3D 12 or Vulkan)";
  }
  return "install a Vulkan driver (on Debian mesa-vulkan-drivers) or run `sh setup.sh`";
}

function browserAdvice({ hasWebGpu, isSecure, platform }: Place): string {
  const onLinux = /linux|x11/i.test(platform)
    ? "; on Linux start Chrome with --enable-unsafe-webgpu --enable-features=Vulkan"
    : "";
  if (hasWebGpu) {
    return "WebGPU found no adapter; switch on graphics acceleration in the browser's settings " +
      `and update the driver of the graphics card${onLinux}`;
  }
  if (!isSecure) {
    return "pages have WebGPU only over https or from localhost";
  }
  return `this browser has no WebGPU, or it is off; take a newer one or switch it on in its settings${onLinux}`;
}
