/** A small store that the tests of mansion keep in a journal, and what an array makes of the same acts. */
import {
  acts,
  type Journal,
  payload,
  type Shawn,
  type ShawnOptions,
  shawn,
  type Table,
  table,
} from "@good-place/shawn";

export interface Office {
  tasks: Table<{ id: string; spent: number }>;
  last: string | null;
}

const act = acts<Office>();
export const spend = act("task/spend", payload<{ id: string; minutes: number }>()).does({
  update(office, { id, minutes }) {
    const spent = office.tasks.get(id)?.spent ?? 0;
    office.tasks.set({ id, spent: spent + minutes });
    office.last = id;
  },
});

/** A store on the journal. */
export function makeOffice(journal: Journal, options: Partial<ShawnOptions<Office>> = {}): Shawn<Office> {
  const initial = { tasks: table<{ id: string; spent: number }>(), last: null };
  return shawn<Office>(initial, { acts: [spend], journal, onError: () => undefined, ...options });
}

/** The same, once all of it is replayed. */
export async function openOffice(journal: Journal, options?: Partial<ShawnOptions<Office>>): Promise<Shawn<Office>> {
  const office = makeOffice(journal, options);
  await office.settled();
  return office;
}

/** How long the tasks took, by their ids, in the order in which they came. */
export function spent(office: Shawn<Office>): [string, number][] {
  return [...office.envelope.tasks].map((task) => [task.id, task.spent]);
}

/** The same of a list of acts. */
export function model(given: readonly { id: string; minutes: number }[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const { id, minutes } of given) sums.set(id, (sums.get(id) ?? 0) + minutes);
  return [...sums];
}
