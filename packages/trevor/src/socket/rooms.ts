/**
 * Rooms: who gets what is broadcast. A room is there while somebody is in it.
 */
export class Rooms<S> {
  readonly #members = new Map<string, Set<S>>();

  get size(): number {
    return this.#members.size;
  }

  join(room: string, socket: S): void {
    const members = this.#members.get(room);
    if (members === undefined) this.#members.set(room, new Set([socket]));
    else members.add(socket);
  }

  leave(room: string, socket: S): void {
    const members = this.#members.get(room);
    if (members?.delete(socket) && members.size === 0) this.#members.delete(room);
  }

  /** How many are in the room. */
  count(room: string): number {
    return this.#members.get(room)?.size ?? 0;
  }

  /** Those in the room now, as a list of its own: a socket that leaves meanwhile changes nothing. */
  in(room: string): readonly S[] {
    return [...(this.#members.get(room) ?? [])];
  }
}
