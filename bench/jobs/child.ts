/** A worker or client process of one run: `node child.js worker|client <contender> <place as JSON>`. Answers the requests of `requests.ts`. */
import { type Answerer, answerRequests } from '../answer-requests.ts';
import { type ContenderName, now, type Place } from '../contender.ts';
import type { AddedJob, Contender, ContenderClient } from './contender.ts';
import { loadContender } from './contenders.ts';
import type { Request, Role } from './requests.ts';

/** The phase of jobs that a worker counts: resolves `all` when the last one has started. */
class Phase {
  readonly #latencies: number[] = [];
  readonly #jobs: number;
  readonly all: Promise<readonly number[]>;
  #finish: (latencies: readonly number[]) => void = () => undefined;

  constructor(jobs: number) {
    this.#jobs = jobs;
    this.all = new Promise((resolve) => (this.#finish = resolve));
  }

  count(addedAt: number): void {
    this.#latencies.push(now() - addedAt);
    if (this.#latencies.length === this.#jobs) this.#finish(this.#latencies);
  }
}

async function workerAnswerer(contender: Contender, place: Place): Promise<Answerer<Request>> {
  let phase = new Phase(0);
  const stop = await contender.startWorker(place, ({ addedAt }) => phase.count(addedAt));
  return async (request) => {
    if (request.kind === 'expect') phase = new Phase(request.jobs);
    else if (request.kind === 'starts') return await phase.all;
    else if (request.kind === 'stop') await stop();
    return [];
  };
}

async function clientAnswerer(contender: Contender, place: Place): Promise<Answerer<Request>> {
  const client = await contender.connect(place);
  let added: readonly AddedJob[] = [];
  return async (request) => {
    if (request.kind === 'one-by-one') await addOneByOne(client, request.jobs);
    if (request.kind === 'load') {
      const load = await addAll(client, request.jobs, request.adders);
      added = load.added;
      return [load.ms];
    }
    if (request.kind === 'read-back') return [await countRight(added)];
    return [];
  };
}

async function addOneByOne(client: ContenderClient, jobs: number): Promise<void> {
  for (let left = jobs; left > 0; left -= 1) {
    const job = await client.add({ addedAt: now() });
    await job.completed();
  }
}

interface Load {
  readonly ms: number;
  readonly added: readonly AddedJob[];
}

async function addAll(client: ContenderClient, jobs: number, adders: number): Promise<Load> {
  await client.endWaiting();
  const startedAt = now();
  const added: AddedJob[] = [];
  let left = jobs;
  const adder = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      added.push(await client.add({ addedAt: now() }));
    }
  };
  await Promise.all(Array.from({ length: adders }, adder));
  return { ms: now() - startedAt, added };
}

const READ_AT_ONCE = 500;

async function countRight(jobs: readonly AddedJob[]): Promise<number> {
  let right = 0;
  for (let start = 0; start < jobs.length; start += READ_AT_ONCE) {
    const some = await Promise.all(jobs.slice(start, start + READ_AT_ONCE).map(async (job) => await job.isRight?.()));
    right += some.filter(Boolean).length;
  }
  return right;
}

const [role, name, place] = process.argv.slice(2) as [Role, ContenderName, string];
await answerRequests<Request>(async () => {
  const contender = await loadContender(name);
  return await (role === 'worker' ? workerAnswerer : clientAnswerer)(contender, JSON.parse(place) as Place);
});
