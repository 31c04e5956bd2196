/** The model of a job: what the tests of the replaced system asked of it, and the edges they left out. */
import { describe, expect, it } from 'vitest';
import { JobError } from '../../src/contract/errors.ts';
import * as root from '../../src/index.ts';
import { Job, type JobData, type JobOptions, JobStatus } from '../../src/job-queue.ts';

describe('a new job', () => {
  it('is queued, untouched, and has an id of its own', () => {
    const job = new Job('send-email', { to: 'a@b.example' });
    expect(job).toMatchObject({
      type: 'send-email',
      data: { to: 'a@b.example' },
      status: 'queued',
      progress: 0,
      attempts: 0,
      maxAttempts: 3,
    });
    expect(job.createdAt).toBeInstanceOf(Date);
    expect([job.result, job.error, job.startedAt, job.completedAt, job.signal]).toEqual(Array(5).fill(undefined));
    expect(job.id).not.toBe(new Job('send-email', {}).id);
  });

  it('takes options', () => {
    expect(new Job('x', {}, { maxAttempts: 5, priority: 10, delay: 5000, timeout: 30_000 }).maxAttempts).toBe(5);
  });

  it.each<{ why: string; options: unknown; message: RegExp }>([
    { why: 'no attempts', options: { maxAttempts: 0 }, message: /maxAttempts to be a whole number from 1 to 1000, got: 0/ },
    { why: 'a negative delay', options: { delay: -1 }, message: /delay to be a number of milliseconds.*got: -1/ },
    { why: 'NaN', options: { delay: Number.NaN }, message: /got: NaN/ },
    { why: 'a duration text', options: { delay: '5s' }, message: /got: "5s"/ },
    { why: 'no time at all', options: { timeout: 0 }, message: /timeout to be a number of milliseconds from 1 to/ },
    { why: 'a half priority', options: { priority: 1.5 }, message: /priority to be a whole number/ },
    {
      why: 'an unknown name',
      options: { attempts: 3 },
      message: /Unknown job options: "attempts"\. Known are: priority, maxAttempts, delay, timeout/,
    },
    { why: 'no object', options: 'fast', message: /job options to be an object/ },
  ])('refuses $why', ({ options, message }) => {
    expect(() => new Job('x', {}, options as JobOptions)).toThrow(message);
    expect(() => new Job('x', {}, options as JobOptions)).toThrow(JobError);
  });

  it.each(['', 'two words', 'default', 7])('refuses the type %j', (type) => {
    expect(() => new Job(type as string, {})).toThrow(/name of a job type/);
  });
});

describe('progress', () => {
  it('goes up, fractions allowed', () => {
    const job = new Job('x', {});
    const seen = [0, 33.3, 100].map((progress) => {
      job.updateProgress(progress);
      return job.progress;
    });
    expect(seen).toEqual([0, 33.3, 100]);
  });

  it('never goes down', () => {
    const job = new Job('x', {});
    job.updateProgress(60);
    job.updateProgress(20);
    expect(job.progress).toBe(60);
  });

  it.each([-1, 100.1, Number.NaN, '50'])('refuses %j', (progress) => {
    const job = new Job('x', {});
    expect(() => job.updateProgress(progress as number)).toThrow(RangeError);
    expect(job.progress).toBe(0);
  });
});

describe('the state', () => {
  it('becomes processing, with an attempt more and a start', () => {
    const job = new Job('x', {});
    job.markProcessing();
    expect(job).toMatchObject({ status: 'processing', attempts: 1 });
    expect(job.startedAt).toBeInstanceOf(Date);
  });

  it('becomes completed, with its result at 100 %', () => {
    const job = new Job('x', {});
    job.markComplete({ sent: true });
    expect(job).toMatchObject({ status: 'completed', progress: 100, result: { sent: true } });
    expect(job.completedAt).toBeInstanceOf(Date);
  });

  it.each([new Error('no route'), 'no route'])('becomes failed by %s', (error) => {
    const job = new Job('x', {});
    job.markFailed(error);
    expect(job).toMatchObject({ status: 'failed', error: 'no route' });
    expect(job.completedAt).toBeInstanceOf(Date);
  });

  it('becomes cancelled', () => {
    const job = new Job('x', {});
    job.markCancelled();
    expect(job.status).toBe(JobStatus.CANCELLED);
    expect(job.completedAt).toBeInstanceOf(Date);
  });

  it('leaves the failure behind when an attempt follows', () => {
    const job = new Job('x', {});
    job.markFailed('once');
    job.markProcessing();
    expect([job.error, job.completedAt]).toEqual([undefined, undefined]);
  });

  it('can be retried until its attempts are used up', () => {
    const job = new Job('x', {}, { maxAttempts: 2 });
    const seen = [0, 1, 2].map(() => {
      const canRetry = job.canRetry();
      job.markProcessing();
      return canRetry;
    });
    expect(seen).toEqual([true, true, false]);
  });

  it('compares as a constant and as a text', () => {
    const status: JobStatus = new Job('x', {}).status;
    expect(status === JobStatus.QUEUED && status === 'queued').toBe(true);
    expect(Object.values(JobStatus)).toEqual(['queued', 'processing', 'completed', 'failed', 'cancelled']);
  });
});

describe('the JSON form', () => {
  function endedJob(): Job<{ n: number }, { m: number }> {
    const job = new Job<{ n: number }, { m: number }>('x', { n: 1 }, { maxAttempts: 7 });
    job.markProcessing();
    job.updateProgress(40);
    job.markComplete({ m: 2 });
    return job;
  }

  it('is whole and plain', () => {
    const job = endedJob();
    expect(JSON.parse(JSON.stringify(job))).toEqual(job.toJSON());
    expect(job.toJSON()).toMatchObject({ id: job.id, status: 'completed', attempts: 1, createdAt: job.createdAt.toISOString() });
    expect(Object.keys(new Job('x', {}).toJSON())).not.toContain('error');
  });

  it.each([endedJob(), failedJob(), new Job('x', null)])('gives the same job back, also after a way through text', (job) => {
    expect(Job.fromJSON(job.toJSON())).toEqual(job);
    expect(Job.fromJSON(JSON.parse(JSON.stringify(job)) as JobData)).toEqual(job);
  });

  it('takes dates as dates', () => {
    const { createdAt, startedAt, completedAt, ...rest } = endedJob();
    const dates = { createdAt, ...(startedAt === undefined ? {} : { startedAt }), ...(completedAt === undefined ? {} : { completedAt }) };
    expect(Job.fromJSON({ ...rest, ...dates } as JobData).completedAt).toEqual(completedAt);
  });

  it.each([
    { status: 'waiting', message: /status to be one of queued/ },
    { progress: 101, message: /progress to be a number from 0 to 100/ },
    { attempts: -1, message: /attempts/ },
    { createdAt: 'yesterday', message: /createdAt to be a date, got: "yesterday"/ },
    { id: '', message: /id to be a text/ },
  ])('refuses $message', ({ message, ...wrong }) => {
    expect(() => Job.fromJSON({ ...endedJob().toJSON(), ...wrong } as JobData)).toThrow(message);
  });

  function failedJob(): Job {
    const job = new Job('x', { n: 1 });
    job.markProcessing();
    job.markFailed(new Error('no route'));
    return job;
  }
});

describe('the package root', () => {
  it("exports the replaced system's names, its JobStatus among them", () => {
    const { BaseJobProcessor, Job: RootJob, JobQueue, jobQueue, JobStatus: RootStatus } = root;
    expect([RootJob, RootStatus, typeof BaseJobProcessor]).toEqual([Job, JobStatus, 'function']);
    expect(jobQueue).toBeInstanceOf(JobQueue);
    const types: [root.JobStatus, root.SnapshotStatus, root.JobOptions] = ['queued', 'retrying', { priority: 10 }];
    expect(types).toHaveLength(3);
  });
});

describe('the types', () => {
  it('let a result be read without a type, and keep one that is given', () => {
    const loose: Job = new Job('x', {});
    loose.markComplete({ rows: 3 });
    // eslint-disable-next-line typescript/no-unsafe-assignment, typescript/no-unsafe-member-access -- code written for the replaced system does this
    const rows: number = loose.result.rows;
    const typed = new Job<{ to: string }, number>('x', { to: 'a' });
    const to: string = typed.data.to;
    expect([rows, to]).toEqual([3, 'a']);
  });
});
