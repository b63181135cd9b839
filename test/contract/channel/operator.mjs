/**
 * Works off commands on channels: how the contract's tests use an end of a channel that may be in another thread. Commands
 * and outcomes are plain data. A command is begun when it comes, and answered when it has ended, so in the order of the
 * ends. Plain JavaScript, for a thread cannot load anything else.
 */
import { CLOSED, EMPTY, go, lazy, otherwise, rselect, select, sleep, timeout, until } from "@good-place/channel";

export class Operator {
  #channels = new Map();
  #calls = new Map();
  #made = [];

  add(id, channel) {
    this.#channels.set(id, channel);
  }

  /** Begins the command. The fiber that it returns ends with the outcome, whatever happens to the command. */
  begin(command) {
    const call = { begun: false, controller: new AbortController(), waiter: null };
    if ("aborted" in command) call.controller.abort(command.aborted);
    let op;
    try {
      op = this.#start(command, { signal: call.controller.signal });
    } catch (error) {
      return go(() => failure(error));
    }
    call.waiter = go(function* () {
      call.begun = true;
      return typeof op?.then === "function" ? yield* op : op;
    });
    this.#calls.set(command.id, call);
    return go(function* () {
      try {
        return success(yield* call.waiter);
      } catch (error) {
        return failure(error);
      }
    });
  }

  #start(command, options) {
    const channel = this.#channels.get(command.at);
    switch (command.do) {
      case "give":
        return channel.give(command.value, options);
      case "take":
        return channel.take(options);
      case "tryGive":
        return channel.tryGive(command.value);
      case "tryTake":
        return channel.tryTake();
      case "close":
        return void channel.close(command.reason);
      case "finish":
        return channel.finish(command.reason);
      case "abort":
        return void channel.abort(command.reason);
      case "iterate":
        return until(collect(channel, command.limit));
      case "state":
        return { closed: channel.closed, reason: channel.reason, ...channel.statistics() };
      case "made":
        return [...this.#made];
      case "select": {
        const choose = command.random ? rselect : select;
        return choose(
          command.clauses.map((clause) => this.#clause(clause)),
          options,
        );
      }
      case "abortSignal":
        return void this.#calls.get(command.call).controller.abort(command.reason);
      case "cancel":
        return this.#cancel(this.#calls.get(command.call), command.reason);
      default:
        throw new TypeError(`there is no command ${command.do}`);
    }
  }

  #clause(clause) {
    if (clause === null || clause === false) return clause;
    if ("timeoutMs" in clause) return timeout(clause.timeoutMs);
    if ("otherwise" in clause) return otherwise;
    if ("take" in clause) return this.#channels.get(clause.take);
    const channel = this.#channels.get(clause.give);
    if (!("lazy" in clause)) return [channel, clause.value];
    const make = () => {
      this.#made.push(clause.lazy);
      return clause.lazy;
    };
    return [channel, lazy(make)];
  }

  // At once where that can be: a value may have been handed over in this very step. A waiter that has not begun waits
  // for nothing yet, and so has nothing that a cancel could withdraw.
  #cancel({ waiter, ...call }, reason) {
    if (call.begun) return void waiter.cancel(reason);
    return go(function* () {
      yield* sleep(0);
      waiter.cancel(reason);
    });
  }
}

/** Works off the commands that come at a port, and answers there. */
export function serve(port, operator) {
  port.onmessage = ({ data }) => {
    operator.begin(data).then((outcome) => port.postMessage({ id: data.id, outcome }));
  };
}

async function collect(channel, limit) {
  const values = [];
  for await (const value of channel) {
    values.push(value);
    if (values.length === limit) break;
  }
  return values;
}

function success(value) {
  if (value === CLOSED) return { answer: "closed" };
  if (value === EMPTY) return { answer: "empty" };
  // The channel of a hit stays here.
  const hit = typeof value?.tag === "string" && "index" in value;
  return { value: hit ? { ...value, channel: undefined } : value };
}

function failure(error) {
  if (!(error instanceof Error)) return { error };
  return { error: { code: error.code, message: error.message, reason: error.reason } };
}
