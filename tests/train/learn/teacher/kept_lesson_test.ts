// What is kept of a teacher's work while it goes on: only what is missing is looked at again.
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  forgetLessons,
  KeptLesson,
  type LabelStore,
} from "../../../../train/learn/teacher/kept_lesson.ts";
import { RunLabels } from "../../../../train/learn/teacher/pseudo_labels.ts";
import type { ScoredFrame } from "../../../../train/objects/sequence/votes.ts";

const LENGTH = 7;
const TIMES = [0, 1, 2, 5, 6, 7, 8];
const OF = { teacher: 1 };
const SEEN = { frames: { length: LENGTH, times: TIMES }, exposure: 1.5 };

/** A store in memory, with a file of somebody else. */
function store() {
  const files = new Map([["state.safetensors", new Uint8Array(3)]]);
  const labels: LabelStore = {
    names: () => Promise.resolve([...files.keys()]),
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
    remove: (name) => Promise.resolve(void files.delete(name)),
  };
  return { files, labels };
}

function frameAt(t: number): ScoredFrame {
  const data = Uint32Array.of(0, t, t, 0, t + 1, 0);
  return { width: 3, height: 2, data, scores: new Map([[t, 1 / (t + 1)]]), time: TIMES[t] };
}

/** Proposes, notes of which frames, and fails at one of them. */
function proposer({ failsAt = LENGTH } = {}) {
  const asked: number[] = [];
  async function* propose({ first, end }: { first: number; end: number }) {
    for (let t = first; t < end; t++) {
      if (t === failsAt) throw new Error("killed");
      asked.push(t);
      yield await Promise.resolve(frameAt(t));
    }
  }
  return { asked, propose };
}

const whole = Array.from({ length: LENGTH }, (_, t) => frameAt(t));
const opened = (labels: LabelStore, of: object = OF) =>
  KeptLesson.open(labels, { video: 0, of, every: 0 });

/** Goes on with what is there; what was asked for, after everything has come as it should. */
async function asked(labels: LabelStore, of: object = OF): Promise<number[]> {
  const teacher = proposer();
  const lesson = await opened(labels, of);
  assertEquals(await Array.fromAsync(lesson.proposals(teacher.propose, SEEN)), whole);
  return teacher.asked;
}

/** A store in which so many frames are kept. */
async function begun(count: number) {
  const { files, labels } = store();
  const { propose } = proposer({ failsAt: count });
  const lesson = await opened(labels);
  await assertRejects(() => Array.fromAsync(lesson.proposals(propose, SEEN)), Error, "killed");
  return { files, labels };
}

Deno.test("KeptLesson goes on with the frames that are missing, wherever it was stopped", async () => {
  for (let count = 0; count <= LENGTH; count++) {
    const { labels } = count < LENGTH ? await begun(count) : store();
    if (count === LENGTH) await asked(labels);
    const lesson = await opened(labels);
    assertEquals([lesson.frames, lesson.labels], [count, null]);
    assertEquals(lesson.exposure, count === 0 ? null : SEEN.exposure);
    assertEquals(await asked(labels), Array.from({ length: LENGTH - count }, (_, i) => count + i));
    assertEquals(await asked(labels), [], "all of it is kept now");
  }
});

Deno.test("KeptLesson looks again at what was damaged or cut short, and loses nothing else", async () => {
  const { files, labels } = await begun(6);
  const name = "teacher-0-2.proposals";
  const bytes = files.get(name)!;
  for (const length of [0, 1, bytes.length >> 1, bytes.length - 1]) {
    files.set(name, bytes.slice(0, length));
    assertEquals(await asked(labels), length === 0 ? [2, 6] : [2], `${length} bytes`);
  }
  const damaged = bytes.slice();
  damaged[bytes.length >> 1] ^= 1;
  files.set(name, damaged);
  files.delete("teacher-0-4.proposals");
  assertEquals(await asked(labels), [2, 4]);
});

Deno.test("KeptLesson takes nothing of another teacher, of another video, or at another exposure", async () => {
  const { files, labels } = await begun(4);
  const all = whole.map((_, t) => t);
  const lesson = await opened(labels);
  const again = proposer();
  const brighter = { ...SEEN, exposure: 2 };
  await Array.fromAsync(lesson.proposals(again.propose, brighter));
  assertEquals(again.asked, all, "another exposure");
  const other = await KeptLesson.open(labels, { video: 1, of: OF });
  assertEquals([other.frames, other.exposure], [0, null]);
  assertEquals(await asked(labels, { teacher: 2 }), all);
  assertEquals(await asked(labels, { teacher: 2 }), []);
  assertEquals((await opened(labels)).frames, 0);
  assertEquals(files.size, 1 + LENGTH, "each is in the place of the one before");
});

Deno.test("KeptLesson keeps the labels alone once all frames have theirs, until they are forgotten", async () => {
  const { files, labels } = store();
  const lesson = await opened(labels);
  await Array.fromAsync(lesson.proposals(proposer().propose, SEEN));
  const own = whole.map((frame) => new RunLabels(frame));
  await lesson.finish(own);
  assertEquals([...files.keys()], ["state.safetensors", "teacher-0.labels"]);
  const again = await opened(labels);
  assertEquals(again.exposure, SEEN.exposure);
  assertEquals(again.labels?.map((one) => one.runs), own.map((one) => one.runs));
  await forgetLessons(labels);
  assertEquals([...files.keys()], ["state.safetensors"]);
});

Deno.test("KeptLesson throws what its store throws, and goes on behind what was written before", async () => {
  const { labels } = store();
  const full: LabelStore = {
    ...labels,
    write: async (name, bytes) => {
      if (name === "teacher-0-3.proposals") throw new Error("the disk is full");
      await labels.write(name, bytes);
    },
  };
  const lesson = await opened(full);
  const work = () => Array.fromAsync(lesson.proposals(proposer().propose, SEEN));
  await assertRejects(work, Error, "the disk is full");
  assertEquals(await asked(labels), [3, 4, 5, 6]);
});

Deno.test("KeptLesson writes few files where frames come fast", async () => {
  const { files, labels } = store();
  const lesson = await KeptLesson.open(labels, { video: 0, of: OF, every: 60_000 });
  await Array.fromAsync(lesson.proposals(proposer().propose, SEEN));
  assertEquals(files.size, 2);
  assert(files.has("teacher-0-0.proposals"));
});
