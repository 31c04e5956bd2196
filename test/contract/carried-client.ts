/** Owns a client each of whose jobs shares a workflow with nobody and is carried all the same: for the suite of all clients. */
import { onTestFinished } from 'vitest';
import { JobClient } from '../../src/client.ts';
import { checkContract, checkedInput } from '../../src/client/checks.ts';
import type { JobHandle } from '../../src/client.ts';
import { idOf, mayShare } from '../../src/client/job-ids.ts';
import { type AddOptions, addPlan } from '../../src/contract/add-options.ts';
import { carriedId } from '../../src/contract/carrier.ts';
import type { InputOf, JobContract } from '../../src/contract/index.ts';
import { carrierOf } from '../../src/temporal/carried/group-adds.ts';
import { connectTemporal, type Temporal } from '../../src/temporal/connection.ts';
import { startJob } from '../../src/temporal/start-job.ts';
import { payloadFolder, serverAddress } from '../support/jobs.ts';
import type { ContractClient } from './support.ts';

/** A client that is closed when the test ends. */
export async function connectCarried(): Promise<ContractClient> {
  const temporal = await connectTemporal({ address: serverAddress(), namespace: 'default', payloads: payloadFolder() });
  const client = JobClient.over(temporal);
  onTestFinished(() => client.close());
  return new Proxy(client, {
    get(target, name) {
      if (name === 'add') return addCarried(client, temporal);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** `add` of the client, for jobs that may share a workflow: in a carrier of one. */
function addCarried(client: JobClient, temporal: Temporal) {
  return async <C extends JobContract>(contract: C, input: InputOf<C>, options?: AddOptions): Promise<JobHandle<C>> => {
    checkContract(contract);
    const plan = addPlan(contract, options);
    const payload = await checkedInput(contract, input, temporal.values.rule);
    if (!mayShare(plan, payload)) return await client.add(contract, input, options);
    const job = carrierOf([{ type: contract.name, input: payload.value, plan, bytes: 0, newId: () => idOf(contract, plan) }]);
    await startJob(temporal, job);
    return client.job(carriedId(job.id, 0), contract);
  };
}
