/**
 * MobX: observable objects in an observable map, actions, a reaction for each subscriber. Its state is changed in place:
 * there is no snapshot, nothing that follows from an action, and no journal outside of development.
 */
import { action, makeAutoObservable, observable, reaction } from "mobx";
import { type Library, totalSpent } from "./subjects.js";

class Task {
  readonly id: string;
  spent = 0;

  constructor(id: string) {
    this.id = id;
    makeAutoObservable(this, { id: false });
  }
}

class Office {
  count = 0;
  readonly tasks = observable.map<string, Task>({}, { deep: false });

  constructor(ids: readonly string[]) {
    makeAutoObservable(this);
    action(() => {
      for (const id of ids) this.tasks.set(id, new Task(id));
    })();
  }

  counted(): void {
    this.count += 1;
  }

  spent(id: string): void {
    const task = this.tasks.get(id);
    if (task !== undefined) task.spent += 1;
  }
}

export const library: Library = {
  counter(subscribers, told) {
    const office = new Office([]);
    for (let i = 0; i < subscribers; i++) reaction(() => office.count, told);
    return { act: () => office.counted(), read: () => office.count };
  },
  rows(ids, watched, told) {
    const office = new Office(ids);
    for (const id of watched) reaction(() => office.tasks.get(id)?.spent, told);
    return { act: (id) => office.spent(id), read: () => totalSpent(office.tasks.values()) };
  },
};
