/**
 * Valtio: a proxy that is changed in place, subscribed to by the key, told at once. `snapshots` takes besides after every
 * act the immutable snapshot that a React component would render. Nothing follows from a change, and there are no acts.
 */
import { createRequire } from "node:module";
import type * as Valtio from "valtio/vanilla";
import type * as ValtioUtils from "valtio/vanilla/utils";
import { dictionary, type Library, rowOf, totalSpent } from "./subjects.js";

// As a module it asks the bundler whether this is production; only as CommonJS it asks NODE_ENV.
const require = createRequire(import.meta.url);
const { proxy, snapshot }: typeof Valtio = require("valtio/vanilla");
const { subscribeKey }: typeof ValtioUtils = require("valtio/vanilla/utils");

function libraryThat(after: (state: object) => void): Library {
  return {
    counter(subscribers, told) {
      const state = proxy({ count: 0 });
      for (let i = 0; i < subscribers; i++) subscribeKey(state, "count", told, true);
      const act = (): void => {
        state.count += 1;
        after(state);
      };
      return { act, read: () => state.count };
    },
    rows(ids, watched, told) {
      const state = proxy({ tasks: dictionary(ids) });
      for (const id of watched) subscribeKey(rowOf(state.tasks, id), "spent", told, true);
      const act = (id: string): void => {
        rowOf(state.tasks, id).spent += 1;
        after(state);
      };
      return { act, read: () => totalSpent(Object.values(state.tasks)) };
    },
  };
}

export const library: Library = libraryThat(() => {});
export const snapshots: Library = libraryThat((state) => void snapshot(state));
