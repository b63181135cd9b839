import {
  editInterval,
  emptyOffice,
  emptyPage,
  IMPORT_MOST,
  importIntervals,
  mergeNames,
  NOTHING_SHOWN,
  neilActs,
  newsOf,
  type Office,
  parseHandle,
  retraces,
  shownOf,
  told,
} from "@good-place/neil/domain";
import { type Shawn, shawn } from "@good-place/shawn";
import { describe, expect, test } from "vitest";

const MANY = 100_000;
const HOUR = 3_600_000;
const FROM = Date.UTC(2014, 0, 1);
const NOW = FROM + (MANY + 24) * HOUR;

// 25 minutes of each hour, of forty tasks in four projects.
function filled(): Shawn<Office> {
  const store = shawn(emptyOffice(), { acts: neilActs, now: () => NOW });
  for (let n = 0; n < MANY; n += IMPORT_MOST) {
    const intervals = Array.from({ length: IMPORT_MOST }, (_, index) => {
      const start = FROM + (n + index) * HOUR;
      const handle = parseHandle(`c/p${(n + index) % 4}/t${(n + index) % 40}`);
      return { id: `i${n + index}`, handle, start, end: start + 25 * 60_000, note: "", tags: [] };
    });
    store.confirm(importIntervals({ zone: "UTC", command: `import#${n}`, intervals }));
  }
  return store;
}

function taskOf({ tasks }: Office, name: string): { id: string; rev: number } {
  const { id, rev } = [...tasks].find((row) => row.name === name) ?? { id: "none", rev: 0 };
  return { id, rev };
}

describe(`with ${MANY} intervals`, () => {
  test("a merge keeps every interval, an undo gives it back, and a page with a few rows shows their sums", {
    timeout: 300_000,
  }, () => {
    const store = filled();
    const page = shawn(emptyPage(), { acts: [told] });
    let shown = NOTHING_SHOWN;
    const follow = (): number => {
      const news = newsOf(shown, shownOf(store.envelope, NOW));
      shown = shownOf(store.envelope, NOW);
      if (news !== undefined) page.confirm(told(news));
      return JSON.stringify(news ?? {}).length;
    };
    const minutes = (): number[] =>
      [...page.envelope.worked].sort((a, b) => (a.handle < b.handle ? -1 : 1)).map(({ ms }) => ms / 60_000);
    expect(follow()).toBeLessThan(100_000);
    expect(page.envelope.intervals.size).toBeGreaterThan(0);
    expect(minutes()).toEqual([0, 1, 2, 3].map(() => (MANY / 4) * 25));

    const [from, into] = [taskOf(store.envelope, "t0"), taskOf(store.envelope, "t1")];
    store.confirm(mergeNames({ command: "merge", kind: "tasks", from, into }));
    const { intervals, tasks, held } = store.envelope;
    expect([intervals.size, tasks.has(from.id), held.at(into.id).count]).toEqual([MANY, false, MANY / 20]);
    expect([...intervals].filter(({ task }) => task === into.id).length).toBe(MANY / 20);
    follow();
    expect(minutes()).toEqual([
      (MANY / 4 - MANY / 40) * 25,
      (MANY / 4 + MANY / 40) * 25,
      (MANY / 4) * 25,
      (MANY / 4) * 25,
    ]);

    // The first interval is eleven years old: the page has no row of it, and knows of what it took.
    const { id, rev, start } = store.envelope.intervals.at("i3");
    store.confirm(editInterval({ command: "edit", interval: { id, rev }, end: start + HOUR / 60, clash: "refuse" }));
    expect(follow()).toBeLessThan(1000);
    expect(page.envelope.intervals.has(id)).toBe(false);
    expect(minutes()[3]).toBe((MANY / 4) * 25 - 24);

    for (const command of ["back", "back again"]) store.confirm(...retraces(store.envelope, "back", command));
    follow();
    expect(store.envelope.held.at(into.id).count).toBe(MANY / 40);
    expect(minutes()).toEqual([0, 1, 2, 3].map(() => (MANY / 4) * 25));
  });
});
