/**
 * The rules of OTP's supervisor on plain lists: what the property test holds the real one against. Every life has a number,
 * so that the end of a life that was stopped meanwhile is told from the end of the one that runs.
 */
import type { ChildSpec, SupervisorSpec } from "@good-place/channel";

export interface ModelChild {
  name: string;
  restart: NonNullable<ChildSpec["restart"]>;
  significant: boolean;
  /** 0 while it is down. */
  life: number;
  restarts: number;
}

export type How = "ok" | "error" | "cancelled";

export class SupervisorModel {
  children: ModelChild[] = [];
  outcome: "running" | "ended" | "INTENSITY" = "running";
  readonly #strategy: SupervisorSpec["strategy"];
  readonly #autoShutdown: SupervisorSpec["autoShutdown"];
  #budget: number;
  #lives = 0;

  constructor(strategy: SupervisorSpec["strategy"], autoShutdown: SupervisorSpec["autoShutdown"], restarts: number) {
    this.#strategy = strategy;
    this.#autoShutdown = autoShutdown;
    this.#budget = restarts;
  }

  /** False when the name is taken. */
  start(child: Omit<ModelChild, "life" | "restarts">): boolean {
    if (this.#find(child.name) !== undefined) return false;
    this.children.push({ ...child, life: ++this.#lives, restarts: 0 });
    return true;
  }

  /** False when nobody has the name. */
  stop(name: string): boolean {
    const there = this.#find(name) !== undefined;
    this.#drop((child) => child.name === name);
    return there;
  }

  /** Several lives end in one turn, in this order. */
  end(ends: readonly { name: string; how: How }[]): void {
    const lives = ends.map(({ name }) => this.#find(name)?.life ?? 0);
    for (const [i, { name, how }] of ends.entries()) {
      const child = this.#find(name);
      if (this.outcome === "running" && child !== undefined && child.life > 0 && child.life === lives[i]) {
        this.#ended(child, how);
      }
    }
  }

  #ended(child: ModelChild, how: How): void {
    child.life = 0;
    if (child.restart === "permanent" || (child.restart === "transient" && how === "error")) {
      this.#restart(child);
      return;
    }
    if (child.restart === "temporary" || this.#strategy === "one-for-one") this.#drop((other) => other === child);
    const left = this.children.filter(({ life }) => life > 0);
    const over =
      left.length === 0 ||
      (child.significant && this.#autoShutdown === "any-significant") ||
      (child.significant && this.#autoShutdown === "all-significant" && !left.some(({ significant }) => significant));
    if (over && this.#autoShutdown !== "never") this.outcome = "ended";
  }

  #restart(child: ModelChild): void {
    if (this.#budget-- === 0) {
      this.outcome = "INTENSITY";
      return;
    }
    const at = this.children.indexOf(child);
    const down = this.children.filter(
      (other, i) =>
        other === child || this.#strategy === "one-for-all" || (this.#strategy === "rest-for-one" && i > at),
    );
    this.#drop((other) => down.includes(other) && other.restart === "temporary");
    for (const other of down) {
      other.life = ++this.#lives;
      other.restarts++;
    }
  }

  #find(name: string): ModelChild | undefined {
    return this.children.find((child) => child.name === name);
  }

  #drop(which: (child: ModelChild) => boolean): void {
    this.children = this.children.filter((child) => !which(child));
  }
}
