/**
 * Children for supervisors that do what the test tells them, and a log of their lives: "+name" when one begins, "-name" when
 * it ends, whatever ends it.
 */
import { type Channel, type ChildSpec, channel, unbounded } from "@good-place/channel";

export class Levers {
  readonly log: string[] = [];
  readonly #levers = new Map<string, Channel<Error | null>>();

  /** A child that waits to be ended or broken. */
  child(name: string, spec: Partial<ChildSpec> = {}): ChildSpec {
    const { log } = this;
    const levers = this.#levers;
    return {
      name,
      *start() {
        const lever = channel<Error | null>(unbounded());
        levers.set(name, lever);
        log.push(`+${name}`);
        try {
          const pulled = yield* lever.take();
          if (pulled instanceof Error) throw pulled;
        } finally {
          log.push(`-${name}`);
        }
      },
      ...spec,
    };
  }

  children(...names: string[]): ChildSpec[] {
    return names.map((name) => this.child(name));
  }

  /** The child's body returns. */
  end(name: string): void {
    this.#levers.get(name)?.tryGive(null);
  }

  /** The child's body throws. */
  break(name: string): void {
    this.#levers.get(name)?.tryGive(new Error(`${name} broke`));
  }

  /** What has been logged since the last call. */
  since(): string {
    return this.log.splice(0).join(" ");
  }
}
