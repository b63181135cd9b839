/**
 * Patches: what makes one envelope of another, as plain data. They are found by comparing the two, walking only through
 * what they do not share, so an update pays nothing for them; the way back is the same comparison the other way round.
 */
import { describe, misuse } from "@good-place/channel/misuse";
import { produce } from "./internal/drafts/draft.js";
import { draftBehind } from "./internal/drafts/session.js";
import { compared } from "./internal/patches/compare.js";
import { mend } from "./internal/patches/mend.js";

/** Keys of objects, indices of arrays, keys of maps, items of sets, keys of a table's rows. */
export type PatchPath = readonly unknown[];

/**
 * One step from an envelope to another. A patch can be written as JSON where what it names and carries can; a map, set
 * or table is made empty and then filled.
 */
export type Patch =
  /** Puts the value there, in the place of what there is. `before` is the key of the row that a new row comes before. */
  | { readonly op: "put"; readonly path: PatchPath; readonly value?: unknown; readonly before?: string | number }
  /** Puts an empty map, an empty set, or an empty table with this key there. */
  | { readonly op: "make"; readonly path: PatchPath; readonly what: "map" | "set" | { readonly table: string } }
  /** Takes out what is there. */
  | { readonly op: "take"; readonly path: PatchPath }
  /** Takes `count` items of an array out at `at`, and puts the values there. */
  | {
      readonly op: "splice";
      readonly path: PatchPath;
      readonly at: number;
      readonly count: number;
      readonly values: readonly unknown[];
    };

/**
 * What makes `after` of `before`; `patches(after, before)` leads back. Rows keep their order exactly, the entries of
 * maps, sets and objects need not. An object that is no container, a Date for one, is a value: another object is another
 * value. Values that hold themselves cannot be compared. Throws BAD_ENVELOPE when one is no container, or they are of two
 * kinds.
 */
export function patches<E extends object>(before: E, after: E): Patch[] {
  for (const each of [before, after]) {
    if (typeof each !== "object" || each === null || draftBehind(each) !== undefined) {
      throw misuse("type", "BAD_ENVELOPE", `patches() compares two envelopes, got ${describe(each)}`);
    }
  }
  return compared(before, after);
}

/**
 * The envelope that the patches make of this one; what they do not name is shared. Throws PATCH_MISFIT when one does not
 * fit: what it names is not there, or is of another kind.
 */
export function patched<E extends object>(envelope: E, changes: readonly Patch[]): E {
  return produce(envelope, "patched()", (draft) => mend(draft, changes));
}

/** The same within an act's update, on its draft: so that patches can be an act's payload. Throws PATCH_MISFIT. */
export function patch<E extends object>(draft: E, changes: readonly Patch[]): void {
  if (typeof draft !== "object" || draft === null || draftBehind(draft) === undefined) {
    throw misuse(
      "type",
      "NOT_A_DRAFT",
      `patch() changes the draft of an update, got ${describe(draft)}; use patched()`,
    );
  }
  mend(draft, changes);
}
