/** Owns the routes of jobs: add, read, act. */
import { createHash } from 'node:crypto';
import type { RouteInput } from '../../api/routes.ts';
import type { ListOptions } from '../../client.ts';
import type { Duration } from '../../contract/duration.ts';
import type { AddOptions } from '../../contract/add-options.ts';
import { asJobError, unknownJob } from '../../contract/errors.ts';
import { checkText } from '../../contract/options.ts';
import { isTerminal, type JobSnapshot } from '../../contract/snapshot.ts';
import { type CallContext, callerOf, type Handlers, tenantOfAdd } from '../context.ts';
import { filterOf } from '../filter.ts';
import { isOwn } from '../permission.ts';

type JobRoute =
  | 'addJob'
  | 'addJobs'
  | 'listJobs'
  | 'getJob'
  | 'getSnapshots'
  | 'getResult'
  | 'cancelJob'
  | 'retryJob'
  | 'retryJobNow'
  | 'runJobNow'
  | 'postponeJob'
  | 'setJobPriority'
  | 'deleteJob'
  | 'countJobs';

type NewJob = RouteInput<'addJob'>['body'];

const MAX_KEY_LENGTH = 200;
const DONE = { done: true } as const;

export const jobHandlers: Handlers<JobRoute> = {
  async addJob({ body }, context) {
    const added = await add(body, context, idempotencyKeyOf(context));
    context.audited.jobs = [added.id];
    return added;
  },

  async addJobs({ body: { jobs } }, context) {
    const key = idempotencyKeyOf(context);
    const answers = await Promise.all(jobs.map((job, index) => addOrSay(job, context, key === undefined ? undefined : `${key}#${index}`)));
    context.audited.jobs = answers.flatMap((answer) => ('id' in answer ? [answer.id] : []));
    return { jobs: answers };
  },

  async listJobs({ query: { limit, pageToken, ...filter } }, context) {
    const options: ListOptions = {
      ...filterOf(filter, context),
      ...(limit === undefined ? {} : { limit }),
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    return await context.jobs.list(options);
  },

  async getJob({ params: { id } }, { jobs }) {
    return await existing(jobs, id);
  },

  async getSnapshots({ query: { id: ids } }, { jobs, principal }) {
    const own = ids.filter((id) => isOwn(id, principal));
    const found = await Promise.all(own.map((id) => jobs.get(id)));
    return { jobs: found.flatMap((job) => (job === undefined ? [] : [withoutValues(job)])) };
  },

  async getResult({ params: { id }, query: { wait = 0 } }, { jobs, signal }) {
    const first = await existing(jobs, id);
    if (isTerminal(first.status) || wait === 0) return resultOf(first);
    const enough = AbortSignal.any([signal, AbortSignal.timeout(wait * 1000)]);
    let last = first;
    for await (const snapshot of jobs.watch(id, { signal: enough })) last = snapshot;
    return resultOf(isTerminal(last.status) ? await existing(jobs, id) : last);
  },

  async cancelJob({ params: { id }, body }, context) {
    const outcome = await context.jobs.cancel(id, noteOf(body, context));
    return { outcome };
  },

  async retryJob({ params: { id }, body }, context) {
    const { input, from } = body;
    if ('input' in body) await checkInput(id, input, context);
    await context.jobs.retry(id, {
      ...noteOf(body, context),
      ...(from === undefined ? {} : { from }),
      ...('input' in body ? { input } : {}),
    });
    return DONE;
  },

  async retryJobNow({ params: { id }, body }, context) {
    await context.jobs.retryNow(id, noteOf(body, context));
    return DONE;
  },

  async runJobNow({ params: { id }, body }, context) {
    await context.jobs.runNow(id, noteOf(body, context));
    return DONE;
  },

  async postponeJob({ params: { id }, body }, context) {
    const { until, delay } = body;
    const time = { ...(until === undefined ? {} : { until }), ...(delay === undefined ? {} : { delay: delay as Duration }) };
    await context.jobs.postpone(id, { ...noteOf(body, context), ...time });
    return DONE;
  },

  async setJobPriority({ params: { id }, body }, context) {
    await context.jobs.setPriority(id, body.priority, noteOf(body, context));
    return DONE;
  },

  async deleteJob({ params: { id } }, { jobs }) {
    await jobs.delete(id);
    return DONE;
  },

  async countJobs({ query }, context) {
    return await context.jobs.count(filterOf(query, context));
  },
};

async function add({ type, input, options }: NewJob, context: CallContext, idempotencyKey: string | undefined) {
  const tenant = tenantOfAdd(options?.tenant, context);
  const contract = context.contracts.toAdd(type);
  const { id, deduplicated } = await context.jobs.add(contract, input, {
    // The fields are those of the client, whose own check says what is wrong with a value.
    ...(options as AddOptions | undefined),
    ...(tenant === undefined ? {} : { tenant }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  return { id, deduplicated };
}

async function addOrSay(
  job: NewJob,
  context: CallContext,
  key: string | undefined,
): Promise<Awaited<ReturnType<typeof add>> | { error: { code: string; message: string } }> {
  try {
    return await add(job, context, key);
  } catch (error) {
    const known = asJobError(error);
    // Where Temporal is away it is so for the others as well, and the whole request is to be repeated.
    if (known === undefined || known.retryable) throw error;
    return { error: { code: known.code, message: known.message } };
  }
}

/** The key that the caller gave, made one that nobody else's can meet. */
function idempotencyKeyOf(context: CallContext): string | undefined {
  const given = context.headers.get('idempotency-key');
  if (given === null) return undefined;
  const key = checkText(given, 'the header Idempotency-Key', MAX_KEY_LENGTH);
  return createHash('sha256')
    .update(`${callerOf(context).id}\n${key}`)
    .digest('base64url');
}

async function existing(jobs: CallContext['jobs'], id: string): Promise<JobSnapshot> {
  const snapshot = await jobs.get(id);
  if (snapshot === undefined) throw unknownJob(id);
  return snapshot;
}

function resultOf({ status, output, error, cancelReason }: JobSnapshot) {
  return {
    status,
    ...(status === 'completed' ? { output } : {}),
    ...(error === undefined ? {} : { error }),
    ...(cancelReason === undefined ? {} : { cancelReason }),
  };
}

function noteOf(body: { readonly reason?: string; readonly actor?: string }, context: CallContext): { actor: string; reason?: string } {
  const { reason, actor = callerOf(context).name } = body;
  context.audited.reason = reason;
  return { actor, ...(reason === undefined ? {} : { reason }) };
}

/** New input of a job whose contract is known is checked before it can fail. */
async function checkInput(id: string, input: unknown, { jobs, contracts }: CallContext): Promise<void> {
  const { type } = await existing(jobs, id);
  await contracts.checkInput(type, input);
}

function withoutValues({ input: _input, output: _output, ...job }: JobSnapshot): JobSnapshot {
  return job;
}
