/**
 * Checked by `tsc -p test`, never run: what the types of the combinators carry through, allow and refuse.
 */
import {
  type Broadcast,
  broadcast,
  type Channel,
  type Fiber,
  merge,
  type Op,
  pipe,
  pipeline,
  type Stage,
  sleep,
  sliding,
  type Topics,
  ticker,
  topics,
  until,
} from "@good-place/channel";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

interface Job {
  id: number;
}
declare const jobs: Channel<Job>;
declare const words: Channel<string>;
declare const flags: Channel<boolean>;
declare const load: (id: number) => Op<Job>;

// A pipe to a sink is a fiber, a pipe to a stage the channel of its results.
export const moving = pipe(jobs, jobs);
same<typeof moving, Fiber<void>>(true);
export const lengths = pipe(
  jobs,
  pipeline(2, async (job) => {
    same<typeof job, Job>(true);
    return job.id;
  }),
  pipeline(
    3,
    function* (id) {
      same<typeof id, number>(true);
      const job = yield* load(id);
      yield* sleep(1);
      return `${job.id}`;
    },
    { ordered: false, onUndelivered: (word) => same<typeof word, string>(true) },
  ),
  (from) => {
    same<typeof from, Channel<string>>(true);
    return broadcast(from).tap();
  },
  pipeline(1, (word, { signal }) => (signal.aborted ? until(Promise.resolve(0)) : word.length)),
);
same<typeof lengths, Channel<number>>(true);
export const sunk = pipe(
  jobs,
  pipeline(2, (job) => job.id),
  pipeline(2, (id) => `${id}`),
  words,
  { close: false },
);
same<typeof sunk, Fiber<void>>(true);

// A stage can be made apart; its work says what it takes.
export const parse = pipeline(4, async (word: string) => word === "true");
same<typeof parse, Stage<string, boolean>>(true);
same<Channel<boolean>, ReturnType<typeof parse>>(true);

export const merged = merge([jobs, words]);
same<typeof merged, Channel<Job | string>>(true);
same<Channel<Job>, ReturnType<typeof mergedJobs>>(true);
const mergedJobs = () => merge(new Set([jobs, jobs]), { buffer: sliding(3), onUndelivered: (job) => job.id });
export const hub = broadcast(jobs, { slow: "skip", onUndelivered: (job) => job.id });
same<typeof hub, Broadcast<Job>>(true);
export const byId = topics(jobs, (job) => job.id, { buffer: (id) => sliding(id) });
same<typeof byId, Topics<Job, number>>(true);
same<Channel<Job>, ReturnType<typeof byId.subscribe>>(true);
same<Channel<number>, ReturnType<typeof ticker>>(true);

// Wrong items and options fail.
// @ts-expect-error a word is no job
void pipe(words, jobs);
// @ts-expect-error the stage makes numbers
void pipe(jobs, (from: Channel<Job>) => pipeline(1, (job: Job) => job.id)(from), words);
// @ts-expect-error the second stage takes words, the first makes numbers
void pipe(jobs, (from: Channel<Job>) => pipeline(1, (job: Job) => job.id)(from), parse, flags);
// @ts-expect-error what becomes of the source is up to the stage
void pipe(words, parse, flags, { closeSource: false });
// @ts-expect-error there is no such option
void pipe(jobs, jobs, { closed: true });
// @ts-expect-error a topic is a number here
byId.subscribe("one");
// @ts-expect-error taps wait or skip
broadcast(jobs, { slow: "drop" });
// @ts-expect-error a string is no interval
ticker("1s");
