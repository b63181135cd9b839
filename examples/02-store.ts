// A store with acts that follow from each other, a cocoon that takes its time, and an update that is refused whole.
import { acts, payload, shawn, snoop, type Table, table } from "@good-place/shawn";

interface Shelf {
  books: Table<{ id: string; pages: number; read: number }>;
  finished: number;
}

const act = acts<Shelf>();

const buy = act("book/buy", payload<{ id: string; pages: number }>()).does({
  update(shelf, { id, pages }) {
    shelf.books.add({ id, pages, read: 0 });
  },
});

const read = act("book/read", payload<{ id: string; pages: number }>()).does({
  update(shelf, { id, pages }) {
    const book = shelf.books.at(id);
    book.read += pages;
    if (book.read > book.pages) throw new RangeError(`${id} has only ${book.pages} pages`);
  },
  watch(shelf, { id }) {
    const { read, pages } = shelf.books.at(id);
    return read === pages ? finish(id) : undefined;
  },
});

const finish = act("book/finish", payload<string>()).does({
  update(shelf) {
    shelf.finished += 1;
  },
});

// A cocoon: what a generator yields is confirmed before it goes on, what it returns is its product.
const evening = act("evening", payload<string>()).does({
  async *watch(_shelf, id, cx) {
    for (let page = 0; page < 3; page++) {
      await cx.sleep(1);
      yield read({ id, pages: 100 });
    }
    return `an evening with ${id}`;
  },
});

const curious = act("curious").does({
  spy: () =>
    snoop(
      (shelf: Shelf) => shelf.finished,
      (now, was) => void console.log(`finished: ${was} -> ${now}`),
    ),
});

const shelf = shawn<Shelf>({ books: table(), finished: 0 }, { acts: [buy, read, finish, evening, curious] });

shelf.confirm(curious(), buy({ id: "The Trial", pages: 300 }), evening("The Trial"));
const [envelope, ...products] = await shelf.admit();
console.log(products, JSON.stringify(envelope.books));

try {
  shelf.confirm(read({ id: "The Trial", pages: 1 }));
} catch (error) {
  console.log((error as Error).message, "- and nothing changed:", shelf.envelope === envelope);
}
await shelf.dismiss();
