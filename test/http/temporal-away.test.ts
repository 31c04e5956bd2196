/** What the API says while Temporal cannot be reached: nothing is taken, reads say that they are from before, and all is well when it is back. */
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { JobClient } from '../../src/client.ts';
import { defineJob } from '../../src/contract/index.ts';
import { apiOver } from '../../src/server.ts';
import { cutOff } from '../support/cut-off.ts';
import { eventually, ownQueue, payloadFolder, serverAddress, silentLog } from '../support/jobs.ts';
import { runApi } from './support/api-server.ts';

const contract = defineJob({ name: 'added-while-away', input: z.object({}), queue: ownQueue() });

test(
  'adds are refused with 503 and when to come again, reads are from before, and all is well afterwards',
  { timeout: 120_000 },
  async () => {
    const way = await cutOff(serverAddress());
    const { dataDir, keys } = await runApi();
    const jobs = await JobClient.connect({ address: way.address, payloads: payloadFolder() });
    const api = await apiOver(jobs, { dataDir, contracts: [contract], log: silentLog });
    onTestFinished(async () => {
      way.mend();
      await api.close();
    });
    const headers = { authorization: `Bearer ${keys.operator}`, 'content-type': 'application/json' };
    const ask = async (path: string) => await api.fetch(new Request(`http://localhost${path}`, { headers }));
    const add = async () =>
      await api.fetch(
        new Request('http://localhost/v1/jobs', {
          method: 'POST',
          headers,
          body: JSON.stringify({ type: contract.name, input: {}, options: { delay: '1h' } }),
        }),
      );
    const { id } = (await (await add()).json()) as { id: string };
    const before = (await (await ask(`/v1/jobs/${id}`)).json()) as { status: string };
    expect(before.status).toBe('delayed');
    expect((await ask('/v1/ready')).status).toBe(200);
    way.cut();
    const refused = await add();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'unavailable', status: 503 });
    const stale = await ask(`/v1/jobs/${id}`);
    expect(stale.status).toBe(200);
    expect(Date.parse(stale.headers.get('holdfast-stale-since') ?? '')).toBeLessThan(Date.now());
    expect(await stale.json()).toMatchObject({ id, status: 'delayed', waitingFor: { code: 'unreachable' } });
    expect((await ask('/v1/jobs/never-seen')).status).toBe(503);
    expect((await ask('/v1/ready')).status).toBe(503);
    expect((await ask('/v1/health')).status).toBe(200);
    way.mend();
    await eventually('that adds are taken again', async () => (await add()).status === 202, 60_000);
    const after = await ask(`/v1/jobs/${id}`);
    expect(after.headers.get('holdfast-stale-since')).toBeNull();
    expect(await after.json()).toMatchObject({ status: 'delayed', waitingFor: { code: 'start-time' } });
  },
);
