/**
 * What the program finds around it: the version of Deno, the variables that drivers of GPUs read, and
 * where results go if nobody says.
 *
 * Variables and the name of the machine are read and set only where that is permitted already; nobody is asked.
 *
 * @module
 */

import { join } from "node:path";

/** The first version of Deno that has all that is used here. */
const OLDEST_DENO = [2, 9] as const;

/** What to say of a version of Deno that is too old; null if it is not. */
export function outdatedDeno(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_DENO;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null;
  return `Cannot run with Deno ${version}: Kymo needs Deno ${OLDEST_DENO.join(".")} or newer; ` +
    "`deno upgrade` fetches it";
}

/** A variable, where it may be read. */
export function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) || undefined : undefined;
}

/** What this machine is called, where that may be asked. */
export function hostName(): string | null {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : null;
}

/** Whether a variable may be set, and is not, or to nothing. */
function isFree(name: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" && !Deno.env.get(name);
}

/** The script of a thread of its own that says whether there is an adapter. */
const PROBE = "postMessage(Boolean(await navigator.gpu?.requestAdapter()))";

/**
 * Spares the user two habits of drivers on Linux, to be called before the GPU is opened: Vulkan's window
 * system complains where `XDG_RUNTIME_DIR` is not set, as under ssh and on servers; and OpenGL, which Deno
 * opens beside Vulkan, may abort the process on its way out. So Vulkan alone is opened where it has an
 * adapter. A thread looks whether it has, because a process keeps the backends that it opened first.
 */
export async function prepareGpu(): Promise<void> {
  if (Deno.build.os !== "linux") return;
  // No window is opened, so every folder will do.
  if (isFree("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", "/");
  const backend = "DENO_WEBGPU_BACKEND";
  if (!isFree(backend)) return;
  Deno.env.set(backend, "vulkan");
  if (!await hasAdapter()) Deno.env.delete(backend);
}

async function hasAdapter(): Promise<boolean> {
  const script = `data:application/javascript,${encodeURIComponent(PROBE)}`;
  const worker = new Worker(script, { type: "module" });
  try {
    return await new Promise<boolean>((found) => {
      worker.onmessage = ({ data }) => found(data === true);
      worker.onerror = (event) => {
        event.preventDefault();
        found(false);
      };
    });
  } finally {
    worker.terminate();
  }
}

/**
 * The place of results that have no place of their own: the folder that the program was called in, or
 * `kymo/` in the user's home where that may not be written to.
 */
export async function placeOf(name: string): Promise<string> {
  const home = variable("HOME") ?? variable("USERPROFILE");
  if (home === undefined || await isWritable(".")) return name;
  return join(home, "kymo", name);
}

async function isWritable(folder: string): Promise<boolean> {
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".kymo-" }));
    return true;
  } catch {
    return false;
  }
}
