import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { connectClient, ownQueue, serverAddress } from '../support/jobs.ts';
import { jobsContract } from './jobs.ts';

jobsContract('JobClient', connectClient, { part: 1, of: 2 });

describe('JobClient', () => {
  const contract = defineJob({ name: 'of-client', input: z.object({}), queue: ownQueue() });

  test('rejects what still waits when it is closed, and whatever comes after', async () => {
    const client = await JobClient.connect({ address: serverAddress() });
    const job = await client.add(contract, {});
    const waiting = job.result().catch((error: unknown) => error);
    const watching = job.watch();
    await watching.next();
    await client.close();
    expect(await waiting).toMatchObject({ message: `Could not wait for job "${job.id}": this client has been closed.` });
    await expect(watching.next()).rejects.toThrow('this client has been closed');
    await expect(client.get(job.id)).rejects.toThrow('this client has been closed');
    await client.close();
  });

  test('says which address does not answer, and what to do', async () => {
    await expect(JobClient.connect({ address: '127.0.0.1:1' })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^Temporal at 127\.0\.0\.1:1 does not answer\. .*holdfast dev.*TEMPORAL_ADDRESS/) as string,
    });
  });

  test('says that a namespace is not there, instead of that a job is not', async () => {
    const client = await JobClient.connect({ address: serverAddress(), namespace: 'nowhere' });
    const missing = { code: 'invalid-config', message: expect.stringContaining('Namespace nowhere is not found.') as string };
    await expect(client.get(randomUUID())).rejects.toMatchObject(missing);
    await expect(client.add(contract, {})).rejects.toMatchObject(missing);
    await client.close();
  });

  test.each([['send-email'], [undefined], [{ name: 'x' }]])('add refuses %j as a contract', async (other) => {
    const client = await connectClient();
    await expect(client.add(other as never, {} as never)).rejects.toMatchObject({
      code: 'invalid-contract',
      message: expect.stringMatching(/^Expected a contract as defineJob gives it, got: /) as string,
    });
  });

  test('refuses unknown options', async () => {
    await expect(JobClient.connect({ adress: 'x' } as never)).rejects.toThrow('Unknown connect options: "adress".');
  });
});
