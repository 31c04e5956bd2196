/**
 * Owns adds that go out together: of each kind of job two starts at most are under way, and what is added meanwhile is carried by the
 * next one. So an add that comes alone waits for nobody, and many at once cost one start.
 *
 * A start whose outcome is not known is made again with the same ids, which the server takes for the same start: no job twice, none lost.
 */
import type { AddPlan } from '../../contract/add-options.ts';
import { type CarriedInput, carriedId, MAX_CARRIED, MAX_CARRIED_INPUT_BYTES } from '../../contract/carrier.ts';
import { JobError } from '../../contract/errors.ts';
import type { Temporal } from '../connection.ts';
import type { NewJob } from '../start-job.ts';
import { startOnce } from '../start-once.ts';

/** An add that may share a workflow. */
export interface GroupedAdd extends Omit<NewJob, 'id'> {
  /** Bytes of JSON of the input, which travels itself. */
  readonly bytes: number;
  /** A new id for a workflow. */
  readonly newId: () => string;
}

const STARTS_AT_ONCE = 2;
/** What waits in one client. */
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

interface Waiting {
  readonly add: GroupedAdd;
  readonly done: (id: string) => void;
  readonly fail: (error: unknown) => void;
}

export class GroupAdds {
  readonly #temporal: Temporal;
  readonly #groups = new Map<string, Group>();
  readonly #keys = new WeakMap<AddPlan, string>();
  #waiting = 0;
  #waitingBytes = 0;

  constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  /** Jobs of one key may share a workflow. */
  #keyOf({ type, plan }: GroupedAdd): string {
    const key = this.#keys.get(plan) ?? JSON.stringify([type, plan]);
    this.#keys.set(plan, key);
    return key;
  }

  /** Resolves with the id of the job when the server has stored it. @throws JobError `overloaded`, `unavailable` */
  async add(add: GroupedAdd): Promise<string> {
    if (this.#waiting >= MAX_WAITING || this.#waitingBytes + add.bytes > MAX_WAITING_BYTES) throw overloaded(add.type);
    this.#waiting += 1;
    this.#waitingBytes += add.bytes;
    const key = this.#keyOf(add);
    const group = this.#groups.get(key) ?? new Group(this.#temporal);
    this.#groups.set(key, group);
    try {
      return await new Promise<string>((done, fail) => group.add({ add, done, fail }));
    } finally {
      this.#waiting -= 1;
      this.#waitingBytes -= add.bytes;
      if (group.isIdle) this.#groups.delete(key);
    }
  }
}

/** Adds that say the same but for their inputs. */
class Group {
  readonly #temporal: Temporal;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #isStartDue = false;

  constructor(temporal: Temporal) {
    this.#temporal = temporal;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#startSoon();
  }

  /** After what is under way in this process: who adds in the same moment goes together. */
  #startSoon(): void {
    if (this.#isStartDue) return;
    this.#isStartDue = true;
    setImmediate(() => this.#startNext());
  }

  #startNext(): void {
    this.#isStartDue = false;
    while (this.#underWay < STARTS_AT_ONCE && this.#waiting.length > 0) {
      this.#underWay += 1;
      void this.#start(this.#take()).finally(() => {
        this.#underWay -= 1;
        this.#startSoon();
      });
    }
  }

  #take(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { add } of this.#waiting.slice(0, MAX_CARRIED)) {
      bytes += add.bytes;
      if (count > 0 && bytes > MAX_CARRIED_INPUT_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #start(adds: readonly Waiting[]): Promise<void> {
    const [first, ...others] = adds.map(({ add }) => add);
    if (first === undefined) return;
    const job = others.length === 0 ? ownWorkflow(first) : carrierOf([first, ...others]);
    try {
      await startOnce(this.#temporal, job);
      for (const [place, { done }] of adds.entries()) done(adds.length === 1 ? job.id : carriedId(job.id, place));
    } catch (error) {
      for (const { fail } of adds) fail(error);
    }
  }
}

function ownWorkflow({ newId, type, plan, input }: GroupedAdd): NewJob {
  return { id: newId(), type, plan, input };
}

/** The workflow that carries jobs which were added with the same options. */
export function carrierOf(adds: readonly [GroupedAdd, ...GroupedAdd[]]): NewJob {
  const [{ newId, type, plan }] = adds;
  const carries = adds.length;
  return {
    id: newId(),
    type,
    input: adds.map(({ input }): CarriedInput => (input === undefined ? {} : { input })),
    plan: { ...plan, runOptions: { ...plan.runOptions, carries } },
    memo: { carries },
  };
}

function overloaded(type: string): JobError {
  return new JobError(
    'overloaded',
    `Could not add job "${type}": ${MAX_WAITING} jobs or 16 MB of this client wait to be added already. Await some of the adds before you start more.`,
    { details: { limit: MAX_WAITING } },
  );
}
