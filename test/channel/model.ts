/**
 * The slow, obvious model that the property test holds channels against: arrays, and every rule spelt out.
 * Each operation has an id; an outcome is written down when the model decides it.
 */
export type Kind = { rule: "fixed" | "sliding" | "dropping" | "unbounded"; capacity: number };
export type Arm = { channel: number; give?: number };
type Wait = { id: number; arms: Arm[]; arm: number; value?: number };

interface ModelChannel {
  kind: Kind;
  buffer: number[];
  givers: Wait[];
  takers: Wait[];
  closed: boolean;
}

export class Model {
  readonly channels: ModelChannel[];
  readonly outcomes = new Map<number, string>();
  readonly undelivered: number[] = [];

  constructor(kinds: Kind[]) {
    this.channels = kinds.map((kind) => ({ kind, buffer: [], givers: [], takers: [], closed: false }));
  }

  /** A give, a take or a select: one operation with one or more arms. */
  wait(id: number, arms: Arm[]): void {
    for (const [arm, { channel, give }] of arms.entries()) {
      const outcome = give === undefined ? this.#take(channel, arms, arm) : this.#give(channel, give, arms, arm);
      if (outcome !== null) {
        this.outcomes.set(id, outcome);
        return;
      }
    }
    for (const [arm, { channel, give }] of arms.entries()) {
      const list = give === undefined ? "takers" : "givers";
      this.#at(channel)[list].push({ id, arms, arm, ...(give === undefined ? {} : { value: give }) });
    }
  }

  cancel(id: number): void {
    if (this.outcomes.has(id)) return;
    this.outcomes.set(id, "cancelled");
    this.#unlink(id);
  }

  close(index: number): void {
    const channel = this.#at(index);
    if (channel.closed) return;
    channel.closed = true;
    for (let wait = channel.givers[0]; wait !== undefined; wait = channel.givers[0]) this.#commit(wait, "closed");
    for (let wait = channel.takers[0]; wait !== undefined; wait = channel.takers[0]) this.#commit(wait, "closed");
  }

  parked(): { gives: number; takes: number }[] {
    return this.channels.map(({ givers, takers }) => ({ gives: givers.length, takes: takers.length }));
  }

  #give(index: number, value: number, _arms: Arm[], arm: number): string | null {
    const channel = this.#at(index);
    const { rule, capacity } = channel.kind;
    if (channel.closed) return `closed ${arm}`;
    const taker = channel.takers[0];
    if (taker !== undefined) this.#commit(taker, `took ${value}`);
    else if (rule === "unbounded" || channel.buffer.length < capacity) channel.buffer.push(value);
    else if (rule === "sliding") {
      this.undelivered.push(channel.buffer.shift() as number);
      channel.buffer.push(value);
    } else if (rule === "dropping") this.undelivered.push(value);
    else return null;
    return `gave ${arm}`;
  }

  #take(index: number, _arms: Arm[], arm: number): string | null {
    const channel = this.#at(index);
    if (channel.buffer.length > 0) {
      const value = channel.buffer.shift() as number;
      const giver = channel.givers[0];
      if (giver !== undefined) {
        channel.buffer.push(giver.value as number);
        this.#commit(giver, "gave");
      }
      return `took ${value} ${arm}`;
    }
    const giver = channel.givers[0];
    if (giver !== undefined) {
      this.#commit(giver, "gave");
      return `took ${giver.value} ${arm}`;
    }
    return channel.closed ? `closed ${arm}` : null;
  }

  #commit(wait: Wait, what: string): void {
    this.outcomes.set(wait.id, `${what} ${wait.arm}`);
    this.#unlink(wait.id);
  }

  #unlink(id: number): void {
    for (const channel of this.channels) {
      channel.givers = channel.givers.filter((wait) => wait.id !== id);
      channel.takers = channel.takers.filter((wait) => wait.id !== id);
    }
  }

  #at(index: number): ModelChannel {
    return this.channels[index] as ModelChannel;
  }
}
