import { shawn } from "@good-place/shawn";
import { useAdmit, useConfirm, useEnvelope } from "@good-place/shawn/react";
import { Component, type ReactNode, StrictMode, useEffect, useLayoutEffect, useState, version } from "react";
import { describe, expect, test } from "vitest";
import { acted, begun, counted, type Office, put, refused, removed, staged } from "./stage.js";

const rows = Array.from({ length: 100 }, (_, id) => ({ id, n: 0 }));

test("the two projects run the two versions of React", () => {
  expect(["18.3.1", "19.3.1"]).toContain(version);
});

describe("useEnvelope", () => {
  test("it shows the envelope, or what is selected, and what has become of it", async () => {
    const office = begun();
    const Whole = () => <b>{useEnvelope(office).count}</b>;
    const Part = () => <i>{useEnvelope(office, ({ count }) => count * 2)}</i>;
    const stage = staged();
    await stage.show([<Whole key="whole" />, <Part key="part" />]);
    expect(stage.text()).toBe("00");
    await acted(() => office.confirm(counted(2)));
    expect(stage.text()).toBe("24");
  });

  test("of 100 rows only the one that has changed renders again", async () => {
    const office = begun(rows);
    let rendered: number[] = [];
    function Row({ id }: { id: number }) {
      rendered.push(id);
      return <i>{useEnvelope(office, (now) => now.rows.get(id)?.n)}</i>;
    }
    const stage = staged();
    await stage.show(rows.map(({ id }) => <Row key={id} id={id} />));
    rendered = [];
    await acted(() => office.confirm(put([7, 1])));
    expect(rendered).toEqual([7]);
    expect(stage.text()).toBe("00000001".padEnd(100, "0"));
  });

  test("a selector that makes a new object each time renders once, and again only when its values have changed", async () => {
    const office = begun(rows);
    let renders = 0;
    function Both() {
      renders++;
      const { count, listed } = useEnvelope(office, (now) => ({ count: now.count, listed: now.rows }));
      const few = useEnvelope(office, (now) => [now.rows.get(1), now.count > 1]);
      return `${count} ${listed.size} ${few.length}`;
    }
    const stage = staged();
    await stage.show(<Both />);
    expect([stage.text(), renders]).toEqual(["0 100 2", 1]);
    await acted(() => office.confirm(counted(0)));
    expect(renders).toBe(1);
    await acted(() => office.confirm(counted(1)));
    expect([stage.text(), renders]).toEqual(["1 100 2", 2]);
  });

  test("what a selector gives stays the same object while its values are the same, whatever renders", async () => {
    const office = begun(rows);
    const given: unknown[] = [];
    function Listing({ turn }: { turn: number }) {
      given.push(useEnvelope(office, (now) => [...now.rows].slice(turn - turn)));
      return turn;
    }
    const stage = staged();
    for (const turn of [1, 2, 3]) await stage.show(<Listing turn={turn} />);
    expect(new Set(given).size).toBe(1);
  });

  test("a selector that uses props follows them, also after it was subscribed", async () => {
    const office = begun(rows);
    const Row = ({ id }: { id: number }) => useEnvelope(office, (now) => `${id}:${now.rows.get(id)?.n}`);
    const stage = staged();
    await stage.show(<Row id={1} />);
    await stage.show(<Row id={2} />);
    await acted(() => office.confirm(put([2, 5])));
    expect(stage.text()).toBe("2:5");
  });

  test("another store is followed from then on, and the first one no more", async () => {
    const [one, two] = [begun(), begun()];
    let renders = 0;
    function Shown({ office }: { office: typeof one }) {
      renders++;
      return useEnvelope(office, ({ count }) => count);
    }
    const stage = staged();
    await stage.show(<Shown office={one} />);
    await stage.show(<Shown office={two} />);
    const before = renders;
    await acted(() => one.confirm(counted(1)));
    expect(renders).toBe(before);
    await acted(() => two.confirm(counted(2)));
    expect(stage.text()).toBe("2");
  });

  test("a change between the render and the subscription is not lost", async () => {
    const office = begun();
    function Shown() {
      const count = useEnvelope(office, (now) => now.count);
      useLayoutEffect(() => {
        if (office.envelope.count === 0) office.confirm(counted(1));
      }, []);
      return count;
    }
    const stage = staged();
    await stage.show(<Shown />);
    expect(stage.text()).toBe("1");
  });

  test("it works in StrictMode, and leaves no subscription behind", async () => {
    const office = begun();
    let asked = 0;
    const select = (now: Office) => {
      asked++;
      return now.count;
    };
    const Shown = () => useEnvelope(office, select);
    const stage = staged();
    await stage.show(
      <StrictMode>
        <Shown />
      </StrictMode>,
    );
    await acted(() => office.confirm(counted(1)));
    expect(stage.text()).toBe("1");
    await stage.show(null);
    asked = 0;
    office.confirm(counted(2));
    expect(asked).toBe(0);
  });
});

describe("zombies", () => {
  test("a child whose row is gone does not throw when its parent takes it away, and neither does confirm", async () => {
    const office = begun(rows.slice(0, 3));
    const Row = ({ id }: { id: number }) => <i>{useEnvelope(office, (now) => now.rows.at(id).n)}</i>;
    const List = () =>
      useEnvelope(office, (now) => [...now.rows].map(({ id }) => id)).map((id) => <Row key={id} id={id} />);
    const stage = staged();
    await stage.show(<List />);
    await acted(() => office.confirm(removed(1)));
    expect(stage.text()).toBe("00");
    await acted(() => office.confirm(removed(0), removed(2)));
    expect(stage.text()).toBe("");
  });

  test("what a selector throws is thrown by the render: a boundary takes it, and shows the rest again when told to", async () => {
    const office = begun(rows.slice(0, 1));
    class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
      override state = { failed: false };
      static getDerivedStateFromError = () => ({ failed: true });
      override render() {
        return this.state.failed ? (
          <button type="button" onClick={() => this.setState({ failed: false })}>
            gone
          </button>
        ) : (
          this.props.children
        );
      }
    }
    const Row = () => <i>{useEnvelope(office, (now) => now.rows.at(0).n)}</i>;
    const stage = staged();
    await stage.show(
      <Boundary>
        <Row />
      </Boundary>,
    );
    await acted(() => office.confirm(removed(0)));
    expect(stage.text()).toBe("gone");
    await acted(() => office.confirm(put([0, 4])));
    await acted(() => stage.element.querySelector("button")?.click());
    expect(stage.text()).toBe("4");
  });

  test("a child that is unmounted by the very change it listens to, and one that unmounts itself", async () => {
    const office = begun();
    const Child = () => useEnvelope(office, ({ count }) => `child ${count}`);
    function Parent() {
      const [there, setThere] = useState(true);
      const count = useEnvelope(office, (now) => now.count);
      useEffect(() => office.subscribe(({ count: now }) => now > 1 && setThere(false)), []);
      return there && count !== 1 ? <Child /> : `none at ${count}`;
    }
    const stage = staged();
    await stage.show(<Parent />);
    await acted(() => office.confirm(counted(1)));
    expect(stage.text()).toBe("none at 1");
    await acted(() => office.confirm(counted(0)));
    expect(stage.text()).toBe("child 0");
    await acted(() => office.confirm(counted(2)));
    expect(stage.text()).toBe("none at 2");
  });
});

test("useConfirm gives the same function in every render, and confirm works in an effect", async () => {
  const office = begun();
  const given = new Set<unknown>();
  function Counter() {
    const confirm = useConfirm(office);
    given.add(confirm);
    useEffect(() => confirm(counted(3)), [confirm]);
    return useEnvelope(office, ({ count }) => count);
  }
  const stage = staged();
  await stage.show(<Counter />);
  expect([stage.text(), given.size]).toEqual(["3", 1]);
});

describe("useAdmit", () => {
  function form(office: ReturnType<typeof begun>) {
    const runs: { run: (n: number) => Promise<boolean>; refuse: (why: string) => Promise<boolean> }[] = [];
    function Form() {
      const { run, pending, error } = useAdmit(office, counted);
      const refusing = useAdmit(office, refused);
      runs.push({ run, refuse: refusing.run });
      const told = (refusing.error as Error | undefined)?.message ?? (error as { code?: string } | undefined)?.code;
      return `${pending || refusing.pending ? "pending" : "idle"} ${told ?? "fine"}`;
    }
    return { Form, runs };
  }

  test("an act is pending until the journal has it, and fine again", async () => {
    let durable = () => {};
    const append = () => new Promise<void>((resolve) => (durable = resolve));
    const office = begun([], { journal: { append, async *replay() {} } });
    await office.settled();
    const { Form, runs } = form(office);
    const stage = staged();
    await stage.show(<Form />);
    let outcome: Promise<boolean> | undefined;
    await acted(async () => {
      outcome = runs[0]?.run(5);
      await expect.poll(() => office.envelope.count).toBe(5);
    });
    expect(stage.text()).toBe("pending fine");
    await acted(async () => {
      durable();
      expect(await outcome).toBe(true);
    });
    expect(stage.text()).toBe("idle fine");
    expect(new Set(runs.map(({ run }) => run)).size).toBe(1);
  });

  test("a refusal is its error until the next run, and no confirm or admit throws it", async () => {
    const office = begun();
    const { Form, runs } = form(office);
    const stage = staged();
    await stage.show(<Form />);
    await acted(async () => expect(await runs[0]?.refuse("no")).toBe(false));
    expect(stage.text()).toBe("idle no");
    await office.admit();
    await acted(async () => expect(await runs[0]?.refuse("never")).toBe(false));
    expect(stage.text()).toBe("idle never");
  });

  test("after the dismiss it tells that the store is closed", async () => {
    const office = begun();
    const { Form, runs } = form(office);
    const stage = staged();
    await stage.show(<Form />);
    await office.dismiss();
    await acted(async () => expect(await runs[0]?.run(1)).toBe(false));
    expect(stage.text()).toMatch(/^idle [A-Z]+_CLOSED$/);
  });
});

test("two stores of one page do not mix", async () => {
  const [one, two] = [begun(), shawn<{ word: string }>({ word: "two" }, { acts: [] })];
  const Both = () => `${useEnvelope(one, ({ count }) => count)} ${useEnvelope(two, ({ word }) => word)}`;
  const stage = staged();
  await stage.show(<Both />);
  await acted(() => one.confirm(counted(1)));
  expect(stage.text()).toBe("1 two");
});
