import { asReactSource, useEnvelope } from "@good-place/shawn/react";
import { startTransition, useDeferredValue, useLayoutEffect, useReducer, useState } from "react";
import { describe, expect, test } from "vitest";
import { begun, counted, type Office, put, staged } from "./stage.js";

const children = Array.from({ length: 50 }, (_, child) => child);

/** Fifty children that each take a while to render, and what the page showed in each commit. */
function slowChildren(read: () => number, page: () => string) {
  const commits: string[] = [];
  function Slow() {
    const count = read();
    for (const end = performance.now() + 2; performance.now() < end; );
    useLayoutEffect(() => void commits.push(page()));
    return `${count} `;
  }
  function All() {
    const [turn, setTurn] = useState(0);
    return (
      <>
        <button type="button" onClick={() => startTransition(() => setTurn((now) => now + 1))} />
        {children.map((child) => (
          <Slow key={`${turn}-${child}`} />
        ))}
      </>
    );
  }
  return { All, commits };
}

// React's act would render all at once.
const asBrowsersDo = () => Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });
const frame = () => new Promise<void>((resolve) => setTimeout(resolve));

describe("no tearing", () => {
  test("all 50 slow children show the same value in each commit, while the store changes during transitions", async () => {
    asBrowsersDo();
    const office = begun();
    const stage = staged();
    const { All, commits } = slowChildren(() => useEnvelope(office, ({ count }) => count), stage.text);
    stage.root.render(<All />);
    await expect.poll(() => commits.length).toBe(50);
    for (let round = 0; round < 5; round++) {
      stage.element.querySelector("button")?.click();
      // A transition renders in slices of some milliseconds: these changes come between them.
      for (let slice = 0; slice < 4; slice++) {
        await frame();
        office.confirm(counted(office.envelope.count + 1));
      }
    }
    await expect.poll(() => stage.text(), { timeout: 20_000 }).toBe("20 ".repeat(50));
    for (const shown of new Set(commits)) expect(new Set(shown.trim().split(" ")).size).toBe(1);
  });

  test("rows that read each their own row show the rows of one envelope in each commit", async () => {
    asBrowsersDo();
    const ids = Array.from({ length: 30 }, (_, id) => id);
    const office = begun(ids.map((id) => ({ id, n: 0 })));
    const commits: string[] = [];
    const Row = ({ id }: { id: number }) => {
      const n = useEnvelope(office, (now) => now.rows.at(id).n);
      for (const end = performance.now() + 1; performance.now() < end; );
      return <i>{n}</i>;
    };
    function List() {
      const count = useEnvelope(office, (now) => now.count);
      const late = useDeferredValue(count);
      useLayoutEffect(() => void commits.push(stage.text()));
      return ids.map((id) => <Row key={`${id}-${late}`} id={id} />);
    }
    const stage = staged();
    stage.root.render(<List />);
    await expect.poll(() => commits.length).toBeGreaterThan(0);
    for (let n = 1; n <= 5; n++) {
      office.confirm(counted(n), ...ids.map((id) => put([id, n])));
      await frame();
      await frame();
    }
    await expect.poll(() => stage.text()).toBe("5".repeat(30));
    for (const text of commits) expect(new Set(text).size).toBe(1);
  });
});

describe("asReactSource", () => {
  test("its reducer gives the store's own envelope, and on another state runs the same updates", () => {
    const office = begun();
    const source = asReactSource<Office>(office);
    const before = source.getState();
    let state = before;
    const elsewhere = office.reduce(before, put([9, 9]));
    let other = elsewhere;
    const stop = source.subscribe((change) => {
      state = source.reducer(state, change);
      other = source.reducer(other, change);
    });
    office.confirm(counted(1), put([1, 1]));
    office.confirm(put([1, 2]));
    expect(state).toBe(office.envelope);
    expect(source.getState()).toBe(office.envelope);
    expect([other.count, JSON.stringify(other.rows)]).toEqual([1, '[{"id":9,"n":9},{"id":1,"n":2}]']);
    expect([before.count, elsewhere.count]).toEqual([0, 0]);
    stop();
    office.confirm(counted(5));
    expect(state).not.toBe(office.envelope);
  });

  test("a state in React that follows it takes part in transitions", async () => {
    asBrowsersDo();
    const office = begun();
    const source = asReactSource<Office>(office);
    const commits: string[] = [];
    function Shown() {
      const [state, change] = useReducer(source.reducer, undefined, source.getState);
      const [typed, type] = useState(0);
      useLayoutEffect(() => source.subscribe((next) => startTransition(() => change(next))), []);
      for (const end = performance.now() + 10; performance.now() < end; );
      useLayoutEffect(() => void commits.push(`${typed} ${state.count}`));
      return (
        <button type="button" onClick={() => type((now) => now + 1)}>
          {`${typed} ${state.count}`}
        </button>
      );
    }
    const stage = staged();
    stage.root.render(<Shown />);
    await expect.poll(() => commits).toEqual(["0 0"]);
    // The transition waits; what is urgent is shown before it.
    office.confirm(counted(1));
    stage.element.querySelector("button")?.click();
    await expect.poll(() => commits).toEqual(["0 0", "1 0", "1 1"]);
  });
});
