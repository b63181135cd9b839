import { memoryJournal } from "@good-place/mansion/browser";
import type { Journal } from "@good-place/shawn";
import { journalContract } from "./suite.js";

journalContract("memory", async () => {
  const journals = new Map<string, Journal>();
  return {
    journal(name) {
      const journal = journals.get(name) ?? memoryJournal();
      journals.set(name, journal);
      return journal;
    },
    close: async () => undefined,
  };
});
