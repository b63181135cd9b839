/**
 * The host's types that the declarations for users name, by what Node's types and the DOM's have in common: neither has to be
 * there for the other.
 */

/** What can be moved to another thread: array buffers, ports and what else the host can move. */
export type Transfer = NonNullable<NonNullable<Parameters<typeof structuredClone>[1]>["transfer"]>[number];

export type Port = InstanceType<typeof MessageChannel>["port1"];
