import { useEnvelope } from "@good-place/shawn/react";
import { type ReactNode, Suspense, useEffect } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { expect, test } from "vitest";
import { acted, begun, counted, put } from "./stage.js";

/** A page as the server sent it, and what React finds wrong with it. */
async function hydrated(html: string, app: ReactNode): Promise<{ element: HTMLElement; wrong: unknown[] }> {
  const element = document.body.appendChild(document.createElement("div"));
  element.innerHTML = html;
  const wrong: unknown[] = [];
  const { error } = console;
  console.error = (...words) => void wrong.push(words);
  try {
    await acted(() => void hydrateRoot(element, app, { onRecoverableError: (cause) => void wrong.push(cause) }));
  } finally {
    console.error = error;
  }
  return { element, wrong };
}

/** The envelope goes over in the page as JSON, a table as its rows. */
function overThePage(office: ReturnType<typeof begun>): ReturnType<typeof begun> {
  const page = JSON.parse(JSON.stringify(office.envelope)) as { count: number; rows: { id: number; n: number }[] };
  const there = begun(page.rows);
  there.confirm(counted(page.count));
  return there;
}

test("a page that the server rendered is hydrated from its envelope without a mismatch, and lives", async () => {
  const server = begun([{ id: 1, n: 1 }]);
  server.confirm(counted(7), put([2, 2]));
  const app = (office: typeof server) => {
    const Shown = () => {
      const { count, rows } = useEnvelope(office, (now) => ({ count: now.count, rows: [...now.rows].length }));
      return <p>{`${count} of ${rows}`}</p>;
    };
    return <Shown />;
  };
  const html = renderToString(app(server));
  expect(html).toContain("7 of 2");
  const browser = overThePage(server);
  const { element, wrong } = await hydrated(html, app(browser));
  expect(wrong).toEqual([]);
  await acted(() => browser.confirm(counted(8)));
  expect(element.textContent).toBe("8 of 2");
});

test("a boundary that is hydrated later begins with the envelope of the hydration, and then shows what is", async () => {
  const server = begun();
  const app = (office: typeof server, code: Code) => {
    const Count = ({ name }: { name: string }) => <p>{`${name} ${useEnvelope(office, (now) => now.count)} `}</p>;
    const Early = () => {
      useEffect(() => office.confirm(counted(5)), []);
      return <Count name="early" />;
    };
    const Late = () => {
      code.read();
      return <Count name="late" />;
    };
    return (
      <>
        <Early />
        <Suspense fallback="...">
          <Late />
        </Suspense>
      </>
    );
  };
  const html = renderToString(app(server, new Code(true)));
  const browser = overThePage(server);
  const code = new Code(false);
  const { element, wrong } = await hydrated(html, app(browser, code));
  expect(element.textContent).toBe("early 5 late 0 ");
  const { error } = console;
  console.error = (...words) => void wrong.push(words);
  await acted(() => code.arrive());
  console.error = error;
  expect(wrong).toEqual([]);
  expect(element.textContent).toBe("early 5 late 5 ");
});

/** The code of a component, which may come later than the page. */
class Code {
  arrive: () => void = () => {};
  #here: boolean;
  readonly #coming = new Promise<void>((resolve) => {
    this.arrive = () => {
      this.#here = true;
      resolve();
    };
  });

  constructor(here: boolean) {
    this.#here = here;
  }

  read(): void {
    if (!this.#here) throw this.#coming;
  }
}
