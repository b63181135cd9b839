// Undo and redo: a step is an act and all that follows from it, and going back is an act itself.
import { acts, history, payload, retrace, shawn, type Table, table } from "@good-place/shawn";

interface Board {
  cards: Table<{ id: string; done: boolean }>;
  log: string[];
}
const act = acts<Board>();
const note = act("note", payload<string>()).does({
  update(board, text) {
    board.log.push(text);
  },
});
const remove = act("card/remove", payload<string>()).does({
  update(board, id) {
    board.cards.delete(id);
  },
  watch: (_board, id) => note(`removed ${id}`),
});

const cards = table({ rows: ["write", "test", "ship"].map((id) => ({ id, done: false })) });
const board = shawn<Board>({ cards, log: [] }, { acts: [note, remove, retrace] });
const past = history(board);
const show = (what: string): void => {
  const { cards, log } = board.envelope;
  console.log(what.padEnd(8), [...cards].map(({ id }) => id).join(" "), "|", log.join(", ") || "-");
};

board.subscribe((_next, _previous, confirmed) => {
  for (const { name, payload } of confirmed) console.log("  ", name, JSON.stringify(payload));
});

board.confirm(remove("test"));
show("removed");
past.undo(); // the card is back in its place, and the note is gone
show("undone");
past.redo();
show("redone");
await board.dismiss();
