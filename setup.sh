#!/bin/sh
# Makes this machine ready for Kymo, and with a TASK then runs `deno task TASK ARG...`.
#
#   sh setup.sh               check and install only
#   sh setup.sh train         ... then train on the built-in synthetic images
#   sh setup.sh test          ... then run the tests
#   sh setup.sh help          ... then list all tasks
#
# Needed are Deno 2.9 or newer and a WebGPU adapter. What is there is used; what is missing is
# installed where that needs no questions (Deno from npm into ~/.kymo, Mesa's Vulkan drivers with
# apt), else the script says what to install. Running it again is safe and quick.
# Paths among ARG are relative to the folder that it is called in.
set -eu

caller=$PWD
wanted_major=2 wanted_minor=9

# With a task, standard output belongs to the task.
if [ $# -gt 0 ]; then exec 3>&2; else exec 3>&1; fi

say() { printf '%s\n' "$*" >&3; }

die() {
  printf 'Cannot set up Kymo: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# Makes a folder for this user alone; fails where somebody else has made it, or a link.
is_private() {
  mkdir -m 700 "$1" 2>/dev/null && return
  [ -d "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && chmod 700 "$1"
}

# --- Deno ---------------------------------------------------------------------------------------

# Succeeds when $1 runs and is new enough.
is_recent_deno() {
  version=$("$1" eval --no-config 'console.log(Deno.version.deno)' 2>/dev/null) || return 1
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case "$major$minor" in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt "$wanted_major" ] ||
    { [ "$major" -eq "$wanted_major" ] && [ "$minor" -ge "$wanted_minor" ]; }
}

# Prints the program itself, not the package's launcher: npm may leave the launcher's install
# script out, and Deno's --allow-run=deno names the program that PATH leads to.
npm_deno() {
  for file in "$kymo_home"/node_modules/@deno/*/deno; do
    [ -f "$file" ] || continue
    printf '%s\n' "$file"
    return
  done
}

find_deno() {
  for candidate in "$(command -v deno || true)" \
    "${DENO_INSTALL:-${HOME:-}/.deno}/bin/deno" "$(npm_deno)"; do
    if [ -n "$candidate" ] && is_recent_deno "$candidate"; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  return 1
}

install_deno() {
  command -v npm >/dev/null 2>&1 ||
    die "neither Deno $wanted_major.$wanted_minor nor npm is installed" \
      "Install Deno: https://docs.deno.com/runtime/getting_started/installation/"
  say "Installing Deno from npm into $kymo_home"
  mkdir -p "$kymo_home" || die "$kymo_home cannot be made" "Set HOME to a folder that you may write"
  npm install --prefix "$kymo_home" --ignore-scripts --no-audit --no-fund \
    --no-update-notifier --loglevel=error "deno@>=$wanted_major.$wanted_minor" >&3 2>&1 ||
    die "npm could not install deno" "Install Deno: https://docs.deno.com/runtime/getting_started/installation/"
  deno=$(npm_deno)
  if [ -n "$deno" ]; then chmod u+x "$deno"; fi
}

# --- WebGPU -------------------------------------------------------------------------------------

# Prints the adapter; $1 limits the search to one backend of Deno, empty: all.
probe() (
  if [ -n "$1" ]; then export DENO_WEBGPU_BACKEND="$1"; fi
  deno eval --no-config '
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) Deno.exit(1);
    const { description, vendor, isFallbackAdapter } = adapter.info;
    console.log((description || vendor) + (isFallbackAdapter ? " (no GPU: computes on the CPU)" : ""));
  ' 2>/dev/null
)

# Runs a command as root, or fails without asking for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || return 1
  say "Installing $1 with apt-get"
  set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 \
    --no-install-recommends install "$1"
  as_root "$@" >/dev/null 2>&1 </dev/null && return 0
  as_root apt-get -qq -o DPkg::Lock::Timeout=120 update >&3 2>&1 </dev/null || true
  as_root "$@" >&3 2>&1 </dev/null
}

# On Linux Deno reaches GPUs through Vulkan; its fallback, OpenGL, is several times slower.
find_adapter() {
  if [ -n "${DENO_WEBGPU_BACKEND:-}" ] || [ "$(uname -s)" != Linux ]; then
    probe ""
    return
  fi
  probe vulkan && return
  apt_install mesa-vulkan-drivers && probe vulkan && return
  probe "" && say "This adapter is slow: install mesa-vulkan-drivers or the GPU's Vulkan driver"
}

# Mesa complains without a private folder for its sockets.
set_runtime_dir() {
  if [ -n "${XDG_RUNTIME_DIR:-}" ] || [ "$(uname -s)" != Linux ]; then return; fi
  XDG_RUNTIME_DIR=${TMPDIR:-/tmp}/kymo-runtime-$(id -u)
  is_private "$XDG_RUNTIME_DIR" || XDG_RUNTIME_DIR=$(mktemp -d)
  export XDG_RUNTIME_DIR
}

# --- The task -----------------------------------------------------------------------------------

# Prints what is wrong with $1 as the name of a task; nothing where there is one.
wrong_task() {
  deno eval --no-config '
    import { pathToFileURL } from "node:url";
    const [root, name] = Deno.args;
    const { tasks = {} } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
    if (name.startsWith("-") || Object.hasOwn(tasks, name)) Deno.exit();
    const { nearest } = await import(pathToFileURL(`${root}/train/console/nearest.ts`).href);
    const near = nearest(name, Object.keys(tasks));
    const meant = near === undefined ? "see" : `did you mean ${near}? See`;
    console.log(`Cannot run ${name}: no such task; ${meant} sh setup.sh help`);
  ' "$root" "$1" 2>/dev/null
}

# --- All of it ----------------------------------------------------------------------------------

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ -n "${HOME:-}" ]; then
  kymo_home=$HOME/.kymo
else
  # Anybody may write into the folder of temporary files, and what lies in it is run.
  kymo_home=${TMPDIR:-/tmp}/.kymo-$(id -u)
  is_private "$kymo_home" ||
    die "$kymo_home belongs to somebody else" "Set HOME to a folder of your own"
fi

is_new=no
if ! deno=$(find_deno); then
  install_deno
  is_new=yes
  deno=$(find_deno) || die "the installed Deno does not run on $(uname -sm)" \
    "Install Deno $wanted_major.$wanted_minor or newer: https://docs.deno.com/runtime/getting_started/installation/"
fi
was_on_path=yes
if [ "$(command -v deno || true)" != "$deno" ]; then
  was_on_path=no
  PATH=$(dirname -- "$deno"):$PATH
  export PATH
fi

say_path() { say "To use deno yourself: export PATH=\"$(dirname -- "$deno"):\$PATH\""; }

case "${1:-}" in
  help | --help | -h)
    if [ "$was_on_path" = no ]; then say_path; fi
    exec deno task --config "$root/deno.json"
    ;;
esac

if [ $# -gt 0 ]; then
  wrong=$(wrong_task "$1") || wrong=
  if [ -n "$wrong" ]; then
    printf '%s\n' "$wrong" >&2
    exit 2
  fi
fi

set_runtime_dir
adapter=$(find_adapter) || die "Deno finds no WebGPU adapter" \
  "Debian, Ubuntu: apt-get install mesa-vulkan-drivers (any CPU), or the Vulkan driver of your GPU" \
  "Other systems: install the GPU's driver with Vulkan, Metal or Direct3D 12"
say "Deno $("$deno" eval --no-config 'console.log(Deno.version.deno)'), WebGPU adapter: $adapter"

if [ $# -gt 0 ]; then
  if [ "$is_new" = yes ]; then
    say_path
    say "Fetching libraries, once"
    deno cache -q --config "$root/deno.json" "$root/cli.ts" >/dev/null 2>&1 || true
  fi
  INIT_CWD=$caller
  export INIT_CWD
  exec deno task -q --config "$root/deno.json" "$@"
fi
if [ "$was_on_path" = no ]; then say_path; fi
say "Ready: sh setup.sh train, or sh setup.sh help for a list of all tasks"
