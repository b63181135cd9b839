/**
 * From a host's name to its addresses: the client's own resolvers in order, the first that knows wins, then the system's.
 * Invariant: at most one question per name is under way, whoever asks; only answers are kept, failures are not.
 */
import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { ClientError } from "./client-error.js";

/** The addresses of a host, or undefined where the resolver does not know it. */
export type Addresses = string | readonly string[] | undefined;

/**
 * A function of a host's name, or a table: `{ "a.example": "127.0.0.1", "*.b.example": ["10.0.0.1", "10.0.0.2"] }`, where
 * `*` stands for everything in front, the nearest name wins, and the exact name first of all.
 */
export type Resolver =
  | ((hostname: string) => Addresses | PromiseLike<Addresses>)
  | Readonly<Record<string, string | readonly string[]>>;

interface Address {
  readonly address: string;
  readonly family: number;
}

interface Known {
  readonly answer: Promise<readonly Address[]>;
  /** Infinity while it is being asked for. */
  expires: number;
}

// Redirects may lead to any number of hosts.
const MOST_NAMES = 1000;

/** The `lookup` that node's sockets take. */
export function lookupOf(resolvers: readonly Resolver[], cacheMs: number): LookupFunction {
  const known = new Map<string, Known>();

  function addressesOf(hostname: string): Promise<readonly Address[]> {
    const before = known.get(hostname);
    if (before !== undefined && before.expires > performance.now()) return before.answer;
    const entry: Known = { answer: resolve(resolvers, hostname), expires: Number.POSITIVE_INFINITY };
    known.delete(hostname);
    known.set(hostname, entry);
    for (const oldest of known.keys()) {
      if (known.size <= MOST_NAMES) break;
      known.delete(oldest);
    }
    entry.answer.then(
      () => {
        entry.expires = performance.now() + cacheMs;
      },
      () => {
        if (known.get(hostname) === entry) known.delete(hostname);
      },
    );
    return entry.answer;
  }

  return (hostname, { all, family }, callback) => {
    addressesOf(hostname.toLowerCase()).then(
      (addresses) => {
        if (all) return callback(null, [...addresses]);
        const [first] = addresses.filter((each) => !family || each.family === family);
        const { address, family: its } = first ?? (addresses[0] as Address);
        callback(null, address, its);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

async function resolve(resolvers: readonly Resolver[], hostname: string): Promise<readonly Address[]> {
  try {
    for (const resolver of resolvers) {
      const answer = typeof resolver === "function" ? await resolver(hostname) : listed(resolver, hostname);
      if (answer !== undefined) return checked(typeof answer === "string" ? [answer] : answer);
    }
    return await lookup(hostname, { all: true });
  } catch (cause) {
    throw new ClientError("RESOLVE_FAILED", `no address was found for ${hostname}: ${(cause as Error)?.message}`, {
      phase: "resolve",
      retryable: true,
      cause,
    });
  }
}

function listed(table: Readonly<Record<string, string | readonly string[]>>, hostname: string): Addresses {
  for (let name = hostname, rest = hostname; ; name = `*.${rest}`) {
    if (Object.hasOwn(table, name)) return table[name];
    const dot = rest.indexOf(".");
    if (dot === -1) return undefined;
    rest = rest.slice(dot + 1);
  }
}

function checked(addresses: readonly string[]): readonly Address[] {
  const wrong = addresses.find((address) => isIP(address) === 0);
  if (wrong !== undefined) throw new TypeError(`a resolver answered ${JSON.stringify(wrong)}, which is no IP address`);
  if (addresses.length === 0) throw new TypeError("a resolver answered no address");
  return addresses.map((address) => ({ address, family: isIP(address) }));
}
