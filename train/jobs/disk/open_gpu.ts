/**
 * Opens the GPU for a job. An adapter that has passed the self-test is not tested again while its driver,
 * this version of Kymo and that of Deno stay: that is kept in the user's cache folder.
 *
 * Nothing depends on the file. Where there is no such folder, or it may not be read and written, or what
 * is in it makes no sense, the adapter is tested each time.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { Device } from "../../../kernels/gpu/device.ts";
import { openDevice, type OpenOptions, type SelfTestMemory } from "../../../kernels/open_device.ts";
import { writeFileAtomic } from "./atomic_file.ts";
import { versions } from "./version.ts";

/** A driver may change without a trace: after so many days it is tested again. */
const DAYS = 30;
/** The most adapters that are remembered. */
const MOST_KNOWN = 16;
/** Where Linux lists the drivers of Vulkan, and has their libraries. */
const DRIVER_FOLDERS = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"];

/** When each adapter passed, in milliseconds since 1970, by what it and its driver are. */
type Passed = Record<string, number>;

/**
 * Opens the device, as `openDevice` does.
 *
 * @throws {GpuUnavailableError | SelfTestError} As `openDevice`.
 */
export async function openGpu(options: OpenOptions = {}): Promise<Device> {
  const file = memoryFile();
  const tested = file === null ? undefined : selfTestMemory(file);
  return await openDevice({ tested, ...options });
}

/**
 * Where what passed is kept; null where there is no such place, or this program may not use it.
 *
 * @param options.isUsed Whether it must be allowed to use it; it must unless told.
 */
export function memoryFile({ isUsed = true }: { isUsed?: boolean } = {}): string | null {
  const cache = cacheFolder();
  if (cache === null) return null;
  const path = join(cache, "kymo", "self-test.json");
  const isAllowed = !isUsed ||
    (["read", "write"] as const).every((name) => isGranted({ name, path: dirname(path) }));
  return isAllowed ? path : null;
}

/** The user's folder for what can be made again, by the custom of the system. */
function cacheFolder(): string | null {
  const { os } = Deno.build;
  if (os === "windows") return variable("LOCALAPPDATA");
  const own = os === "darwin" ? null : variable("XDG_CACHE_HOME");
  if (own !== null) return own;
  const home = variable("HOME");
  return home === null ? null : join(home, os === "darwin" ? "Library/Caches" : ".cache");
}

/** A variable of the surroundings; null where it is not set, or nobody may read it. */
function variable(name: string): string | null {
  return isGranted({ name: "env", variable: name }) ? Deno.env.get(name) || null : null;
}

/** Whether something is allowed; nobody is asked. */
function isGranted(what: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(what).state === "granted";
}

/** Remembers in a file which adapters have passed. */
export function selfTestMemory(file: string): SelfTestMemory {
  const keyOf = async (adapter: object) =>
    JSON.stringify([adapter, versions(), await driverFacts()]);
  return {
    async has(adapter) {
      const passed = (await read(file))[await keyOf(adapter)];
      const age = Date.now() - passed;
      return age >= 0 && age < DAYS * 24 * 3600_000;
    },
    async add(adapter) {
      const kept = Object.entries(await read(file)).slice(1 - MOST_KNOWN);
      const passed = Object.fromEntries([...kept, [await keyOf(adapter), Date.now()]]);
      try {
        await Deno.mkdir(dirname(file), { recursive: true });
        await writeFileAtomic(file, `${JSON.stringify(passed, null, 2)}\n`);
      } catch {
        // It is tested again the next time.
      }
    },
  };
}

async function read(file: string): Promise<Passed> {
  try {
    const passed = JSON.parse(await Deno.readTextFile(file));
    return typeof passed === "object" && passed !== null ? passed : {};
  } catch {
    return {};
  }
}

/** What changes with the drivers of this machine, as far as files tell. */
async function driverFacts(): Promise<string[]> {
  const facts: string[] = [];
  for (const folder of DRIVER_FOLDERS) {
    for (const name of await namesIn(folder)) {
      const file = join(folder, name);
      const library = /"library_path"\s*:\s*"([^"]+)"/.exec(await textOf(file))?.[1] ?? "";
      const places = library.includes("/")
        ? [library]
        : LIBRARY_FOLDERS.map((place) => join(place, library));
      for (const place of [file, ...places]) facts.push(...await stampOf(place));
    }
  }
  return facts;
}

async function textOf(file: string): Promise<string> {
  return await Deno.readTextFile(file).catch(() => "");
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  } catch {
    return [];
  }
}

/** What of a file tells whether it is the same: a link to a library names its version. */
async function stampOf(file: string): Promise<string[]> {
  try {
    const path = await Deno.realPath(file);
    const { size, mtime } = await Deno.stat(path);
    return [`${path} ${size} ${mtime?.getTime()}`];
  } catch {
    return [];
  }
}
