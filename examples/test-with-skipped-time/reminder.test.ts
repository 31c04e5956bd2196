/** A day and the waits between attempts pass in milliseconds. Any test runner will do. */
import { testEnvironment, type TestEnvironment } from 'holdfast/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remind, reminder } from './reminder.ts';

const MINUTES = 60_000;
const sent: string[] = [];
let failuresLeft = 0;
let environment: TestEnvironment;

async function send(to: string): Promise<void> {
  if (failuresLeft-- > 0) throw new Error('The mail server hung up.');
  sent.push(to);
}

beforeAll(async () => {
  environment = await testEnvironment({ jobs: [reminder(send)] });
}, 60_000);

afterAll(() => environment.close());

it('reminds after a day, not before', async () => {
  await environment.jobs.add(remind, { to: 'reader@example.com' }, { delay: '1d' });
  await environment.time.skip('23h');
  expect(sent).toEqual([]);
  await environment.time.skip('2h');
  expect(sent).toEqual(['reader@example.com']);
});

it('tries again after 10 and after 30 minutes', async () => {
  failuresLeft = 2;
  const job = await environment.jobs.add(remind, { to: 'reader@example.com' });
  await job.result();
  const [first = 0, second = 0, third = 0] = await environment.attemptTimes(job.id);
  expect((second - first) / MINUTES).toBeCloseTo(10, 1);
  expect((third - second) / MINUTES).toBeCloseTo(30, 1);
});
