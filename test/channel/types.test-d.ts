/**
 * Checked by `tsc -p test`, never run: what the types of channels and fibers allow and refuse.
 */
import {
  type Channel,
  CLOSED,
  type Closed,
  channel,
  dropping,
  EMPTY,
  type Empty,
  type Fiber,
  go,
  lazy,
  type Op,
  otherwise,
  rselect,
  scope,
  select,
  sleep,
  sliding,
  supervise,
  timeout,
  until,
  withDeadline,
} from "@good-place/channel";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Same<A, B>): void {}

interface Job {
  id: number;
}
declare const jobs: Channel<Job>;
declare const words: Channel<string>;

// `yield*` and `await` both give the item, or CLOSED; CLOSED narrows.
export const worker = go(function* () {
  const job = yield* jobs.take();
  same<typeof job, Job | Closed>(true);
  if (job === CLOSED) return null;
  same<typeof job, Job>(true);
  same<boolean, typeof accepted>(true);
  const accepted = yield* jobs.give(job);
  yield* sleep(1);
  return job.id;
});
same<typeof worker, Fiber<number | null>>(true);
export async function awaiting(): Promise<void> {
  const job = await jobs.take();
  if (job !== CLOSED) same<typeof job, Job>(true);
  same<number | null, Awaited<typeof worker>>(true);
  const now = jobs.tryTake();
  same<typeof now, Job | Empty | Closed>(true);
  if (now !== EMPTY && now !== CLOSED) same<typeof now.id, number>(true);
  for await (const each of jobs) same<typeof each, Job>(true);
  same<number, Awaited<ReturnType<typeof five>>>(true);
}
const five = () => until(Promise.resolve(5));
export const inTime = withDeadline(5, jobs.take());
same<Awaited<typeof inTime>, Job | Closed>(true);
export const asyncWorker = go(async ({ signal }) => jobs.take({ signal }));
same<typeof asyncWorker, Fiber<Job | Closed>>(true);

// A hit narrows by its tag, and by its index where the number of clauses is known.
export const selecting = go(function* () {
  const hit = yield* select([jobs, [words, "x"], timeout(5), otherwise, worker, null, Promise.resolve(true)]);
  same<typeof hit.index, 0 | 1 | 2 | 3 | 4 | 6>(true);
  if (hit.tag === "take") same<typeof hit.value, Job>(true);
  if (hit.tag === "give") same<typeof hit.channel, Channel<string>>(true);
  if (hit.tag === "join") same<typeof hit.value, number | null>(true);
  if (hit.tag === "promise") same<typeof hit.value, boolean>(true);
  const two = yield* select([jobs, words]);
  if (two.tag === "closed") return;
  if (two.index === 0) same<typeof two.value, Job>(true);
  else same<typeof two.value, string>(true);
  const many = yield* select([jobs, jobs] as Channel<Job>[]);
  if (many.tag === "take") same<typeof many.value, Job>(true);
  same<typeof many.index, number>(true);
});

// Wrong items, clauses and options fail.
// @ts-expect-error a job has an id
void jobs.give({});
// @ts-expect-error it takes jobs
jobs.tryGive("job");
// @ts-expect-error there is no such option
channel<Job>(sliding(1), { onUndeliverd() {} });
// @ts-expect-error a number is no clause
void select([5]);
// @ts-expect-error a string is no body
void go("body");
// @ts-expect-error the item of a Channel<string> is no Job
export const wrong: Channel<Job> = words;
export const made = select([[words, lazy(() => "made")]]);

// Every way to wait gives the same type by `yield*` and by `await`.
export const bothWays = go(function* () {
  const hit = yield* rselect([jobs, words]);
  same<typeof hit, Awaited<ReturnType<typeof either>>>(true);
  const inner = yield* scope(function* (self) {
    const child = self.go(() => jobs.take());
    const job = yield* child;
    return job === CLOSED ? "closed" : job.id;
  });
  same<typeof inner, "closed" | number>(true);
  const late = yield* withDeadline(5, function* () {
    return (yield* words.take()) === CLOSED;
  });
  same<typeof late, boolean>(true);
  same<typeof finished, Awaited<ReturnType<typeof finishing>>>(true);
  const finished = yield* jobs.finish();
  yield* supervise(jobs, (job) => same<typeof job, Job>(true));
});
const finishing = () => jobs.finish();
const either = () => rselect([jobs, words]);
same<ReturnType<Channel<Job>["give"]>, Op<boolean>>(true);
same<ReturnType<Channel<Job>["tryGive"]>, "ok" | "full" | "closed">(true);

// CLOSED and EMPTY are types of their own: each narrows away itself alone.
export function narrowing(answer: Job | Empty | Closed): Job | null {
  if (answer === EMPTY) return null;
  same<typeof answer, Job | Closed>(true);
  if (answer === CLOSED) return null;
  same<typeof answer, Job>(true);
  return answer;
}
// @ts-expect-error CLOSED is no item
void jobs.give(CLOSED);
// @ts-expect-error what was taken may be CLOSED
export const unchecked: Promise<Job> = (async () => await jobs.take())();
export const optional: Channel<string | null | undefined> = channel<string | null | undefined>(dropping(1));
void optional.give(null);
void optional.give(undefined);
// @ts-expect-error a job is needed, undefined is none
void jobs.give();
channel<Job>(1, { onUndelivered: (job) => same<typeof job, Job>(true) });
// @ts-expect-error what is undelivered is a job
channel<Job>(1, { onUndelivered: (job: string) => job });

// Wrong calls fail.
// @ts-expect-error a class is no body
void go(class Worker {});
// @ts-expect-error a generator is no body, its function is
void go(worker[Symbol.iterator]());
// @ts-expect-error a supervisor is a channel
void go(() => 1, { supervisor: {} });
// @ts-expect-error a deadline is a number of milliseconds
void withDeadline("5", () => 1);
// @ts-expect-error a promise is no operation: until(promise) is one
void withDeadline(5, Promise.resolve(1));
// @ts-expect-error signal is the only option
void jobs.take({ timeoutMs: 5 });
// @ts-expect-error a signal is not its controller
void jobs.take({ signal: new AbortController() });
// @ts-expect-error the clauses are a list
void select(jobs);
// @ts-expect-error a value needs its channel
void select([[{ id: 1 }, jobs]]);
