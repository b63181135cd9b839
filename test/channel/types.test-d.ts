/**
 * Checked by `tsc -p test`, never run: what the types of channels and fibers allow and refuse.
 */
import {
  type Channel,
  CLOSED,
  type Closed,
  channel,
  EMPTY,
  type Empty,
  type Fiber,
  go,
  lazy,
  otherwise,
  select,
  sleep,
  sliding,
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
