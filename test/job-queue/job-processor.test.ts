/** Processors used on their own, as in the unit tests that users of the replaced system have. */
import { describe, expect, it, vi } from 'vitest';
import { BaseJobProcessor, Job, type JobProcessor } from '../../src/job-queue.ts';

class EmailProcessor extends BaseJobProcessor<{ to: string }> {
  async process(job: Job<{ to: string }>): Promise<{ sent: string }> {
    job.markProcessing();
    this.updateProgress(job, 25);
    await Promise.resolve();
    this.updateProgress(job, 75);
    const result = { sent: job.data.to };
    this.handleComplete(job, result);
    return result;
  }
}

class FailingProcessor extends BaseJobProcessor {
  async process(job: Job): Promise<void> {
    await Promise.resolve();
    this.handleError(job, new Error('no route'));
  }
}

class EagerProcessor extends BaseJobProcessor {
  async process(job: Job): Promise<void> {
    for (const progress of [50, 20, 50, 80]) this.updateProgress(job, progress);
    await Promise.resolve();
  }
}

describe('a processor of the base class, on a job of its own', () => {
  it('processes, with progress', async () => {
    const job = new Job('send-email', { to: 'a@b.example' });
    await expect(new EmailProcessor().process(job)).resolves.toEqual({ sent: 'a@b.example' });
    expect(job).toMatchObject({ status: 'completed', progress: 100, result: { sent: 'a@b.example' } });
  });

  it('calls onProgress and onComplete', async () => {
    const processor = Object.assign(new EmailProcessor(), {
      onProgress: vi.fn<(progress: number) => void>(),
      onComplete: vi.fn<(result: unknown) => void>(),
    });
    await processor.process(new Job('send-email', { to: 'a' }));
    expect(processor.onProgress.mock.calls).toEqual([[25], [75]]);
    expect(processor.onComplete.mock.calls).toEqual([[{ sent: 'a' }]]);
  });

  it('marks the job failed and calls onError', async () => {
    const processor = Object.assign(new FailingProcessor(), { onError: vi.fn<(error: Error) => void>() });
    const job = new Job('x', {});
    await processor.process(job);
    expect(job).toMatchObject({ status: 'failed', error: 'no route' });
    expect(processor.onError).toHaveBeenCalledExactlyOnceWith(new Error('no route'));
  });

  it('needs no callback', async () => {
    await expect(new FailingProcessor().process(new Job('x', {}))).resolves.toBeUndefined();
  });

  it('says nothing of a progress that goes down', async () => {
    const processor = Object.assign(new EagerProcessor(), { onProgress: vi.fn<(progress: number) => void>() });
    await processor.process(new Job('x', {}));
    expect(processor.onProgress.mock.calls).toEqual([[50], [50], [80]]);
  });
});

describe('the interface', () => {
  it('fits an object literal, whose job needs no type', async () => {
    const processor: JobProcessor = {
      process: async (job) => await Promise.resolve(job.data as string),
    };
    await expect(processor.process(new Job('x', 'seven'))).resolves.toBe('seven');
  });
});
