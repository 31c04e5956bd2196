// A thread that does what the threads of analyses do not: the source of its task says what.
import { parentPort, threadId } from 'node:worker_threads';

const WAYS = {
  stuck: () => {
    parentPort.postMessage({ percent: 1, message: 'stuck' });
    for (;;);
  },
  'says which it is': () => parentPort.postMessage({ report: threadId }),
  ends: () => process.exit(0),
  throws: () => {
    throw new Error('It fell over.');
  },
};

parentPort.on('message', ({ task }) => WAYS[task.input.repository.source]());
