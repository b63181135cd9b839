// A list of 10,000 rows in React. A vote renders its row and the header, whether one clicks or a cocoon votes ten times
// every 10 ms.
import { acts, payload, shawn, type Table, table } from "@good-place/shawn";
import { useConfirm, useEnvelope } from "@good-place/shawn/react";
import { memo } from "react";
import { createRoot } from "react-dom/client";

interface Flavour {
  id: number;
  name: string;
  votes: number;
}
interface Shop {
  flavours: Table<Flavour>;
  // Beside what changes often, so that the list is not asked for its order with every vote.
  order: number[];
  votes: number;
  busy: boolean;
}

const ROWS = 10_000;
const act = acts<Shop>();

const vote = act("vote", payload<number[]>()).does({
  update(shop, ids) {
    for (const id of ids) shop.flavours.at(id).votes += 1;
    shop.votes += ids.length;
  },
});

const rush = act("rush", payload<boolean>()).does({
  update(shop, busy) {
    shop.busy = busy;
  },
  async *watch(_shop, busy, cx) {
    while (busy && cx.envelope.busy) {
      await cx.sleep(10);
      yield vote(Array.from({ length: 10 }, () => Math.floor(cx.random() * ROWS)));
    }
  },
});

const rows = Array.from({ length: ROWS }, (_, id) => ({ id, name: `Frozen yogurt no. ${id + 1}`, votes: 0 }));
const order = rows.map(({ id }) => id);
const shop = shawn<Shop>({ flavours: table({ rows }), order, votes: 0, busy: false }, { acts: [vote, rush] });

function Header() {
  const { votes, busy } = useEnvelope(shop, ({ votes, busy }) => ({ votes, busy }));
  const confirm = useConfirm(shop);
  return (
    <header>
      <output>{votes.toLocaleString("en")} votes</output>{" "}
      <button type="button" onClick={() => confirm(rush(!busy))}>
        {busy ? "Close the doors" : "Let them in"}
      </button>
    </header>
  );
}

const Row = memo(function Row({ id }: { id: number }) {
  const flavour = useEnvelope(shop, ({ flavours }) => flavours.at(id));
  const confirm = useConfirm(shop);
  return (
    <li>
      <span>{flavour.name}</span>
      <button type="button" onClick={() => confirm(vote([id]))}>
        {flavour.votes}
      </button>
    </li>
  );
});

function List() {
  const order = useEnvelope(shop, ({ order }) => order);
  return (
    <ol>
      {order.map((id) => (
        <Row key={id} id={id} />
      ))}
    </ol>
  );
}

createRoot(document.getElementById("list") as HTMLElement).render([<Header key="header" />, <List key="list" />]);
