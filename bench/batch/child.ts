/** A worker or client process of one run: `node child.js worker|client holdfast|bullmq <place as JSON>`. */
import { answerRequests } from '../answer-requests.ts';
import type { ContenderName } from '../contender.ts';
import { now } from '../contender.ts';
import type { BatchContender, BatchPlace, Request, Role } from './contender.ts';

async function load(name: ContenderName): Promise<BatchContender> {
  return name === 'bullmq' ? (await import('./bullmq.ts')).bullmq : (await import('./holdfast.ts')).holdfast;
}

const [role, name, given] = process.argv.slice(2) as [Role, ContenderName, string];
const place = JSON.parse(given) as BatchPlace;
await answerRequests<Request>(async () => {
  const contender = await load(name);
  if (role === 'worker') {
    const stop = await contender.startWorker(place);
    return async (request) => {
      if (request.kind === 'stop') await stop();
      return [];
    };
  }
  const client = await contender.connect(place);
  return async (request) => {
    if (request.kind === 'stop') return [];
    const startedAt = now();
    const added = await client.add(request.items);
    const addedAt = now();
    await added.completed();
    const completedAt = now();
    return [addedAt - startedAt, completedAt - startedAt, await added.countRight()];
  };
});
