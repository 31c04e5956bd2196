/** A thread of analyses: takes one task after the other, says how far it is, and ends each with a report or an error. */
import { parentPort, workerData } from 'node:worker_threads';
import { analyse } from './analysis.ts';
import { type AnalysisTask, receivedError, sentError, type ThreadMessage, type WorkerMessage } from './analysis-messages.ts';
import type { Language } from './language-data.ts';
import { indexLanguages } from './languages.ts';

const languages = indexLanguages(workerData as readonly Language[]);
let stopping = new AbortController();

function say(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

async function run(task: AnalysisTask): Promise<void> {
  stopping = new AbortController();
  const { signal } = stopping;
  try {
    say({ report: await analyse(task, { languages, signal, onProgress: (percent, message) => say({ percent, message }) }) });
  } catch (error) {
    say({ error: sentError(error) });
  }
}

parentPort?.on('message', (message: WorkerMessage) => {
  if ('stop' in message) stopping.abort(receivedError(message.stop));
  else void run(message.task);
});
