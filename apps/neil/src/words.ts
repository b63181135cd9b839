/** The words behind a task: those with a + are tags, the others are the note. */

const TAG = /^\+[^\s+]/;

export function noteAndTags(words: readonly string[]): { note: string; tags: string[] } {
  return {
    note: words.filter((word) => !TAG.test(word)).join(" "),
    tags: [...new Set(words.filter((word) => TAG.test(word)).map((word) => word.slice(1)))],
  };
}
