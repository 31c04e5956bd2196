/** The jobs of the pictures: what a shop might run. They do nothing but take their time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defineJob, handle } from 'holdfast';
import { z } from 'zod';

/** A number from 0 to 1 that is the same for the same text. */
function partOf(text) {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.charCodeAt(0)) % 10_007;
  return hash / 10_007;
}

export const sendEmail = defineJob({
  name: 'send-email',
  queue: 'mail',
  input: z.object({
    to: z.email().describe('Who gets it'),
    template: z.enum(['welcome', 'receipt', 'reminder']).default('welcome').describe('Which text'),
    customerId: z.int().describe('Number of the customer'),
  }),
  output: z.object({ messageId: z.string() }),
  retry: { maxAttempts: 3, initialInterval: 200 },
});

export const exportRows = defineJob({
  name: 'export-orders',
  queue: 'reports',
  input: z.object({ month: z.string(), rows: z.int(), seconds: z.number() }),
  output: z.object({ file: z.string(), rows: z.int() }),
  retry: { maxAttempts: 3, initialInterval: '3s' },
});

export const syncStock = defineJob({
  name: 'sync-stock',
  queue: 'reports',
  input: z.object({ shop: z.string() }),
  retry: { maxAttempts: 6, initialInterval: '40s' },
});

export const thumbnail = defineJob({ name: 'thumbnail', queue: 'images', input: z.object({ image: z.string() }) });

export const indexProduct = defineJob({
  name: 'index-product',
  queue: 'search',
  input: z.object({ product: z.int() }),
  output: z.object({ words: z.int() }),
  retry: { maxAttempts: 2, initialInterval: 500 },
});

const STEPS = 60;

/** The stack without the folders of the machine that takes the pictures. */
function withPlainStack(error) {
  const root = new URL('../../', import.meta.url).href;
  error.stack = error.stack.replaceAll(`${root}dashboard/pictures`, '/app').replaceAll(root, '/app/node_modules/holdfast/');
  return error;
}

export const jobs = [
  handle(sendEmail, async ({ to, customerId }) => {
    await sleep(80 + partOf(to) * 400);
    if (partOf(to) < 0.18) throw withPlainStack(Object.assign(new Error(`SMTP 550 mailbox ${to} unavailable`), { code: 'EENVELOPE' }));
    return { messageId: `${customerId}@mail.example` };
  }),
  handle(exportRows, async ({ month, rows, seconds }, { progress, checkpoint, signal, attempt, lastCheckpoint }) => {
    const from = lastCheckpoint?.step ?? 0;
    for (let step = from; step < STEPS; step += 1) {
      await sleep((seconds * 1000) / STEPS, undefined, { signal });
      progress({ done: Math.round((rows * (step + 1)) / STEPS), total: rows, unit: 'rows' }, `Writing orders of ${month}`);
      checkpoint({ step: step + 1 });
      if (attempt === 1 && step === 22 && month === '2026-10')
        throw withPlainStack(new Error('ECONNRESET: the database closed the connection'));
    }
    return { file: `orders-${month}.csv`, rows };
  }),
  handle(indexProduct, async ({ product }) => {
    await sleep(40);
    const part = partOf(`product ${product}`);
    if (part < 0.004) throw withPlainStack(new Error(`product ${product} has no description`));
    if (part < 0.006) throw withPlainStack(Object.assign(new Error('HTTP 503 from search.shop.example'), { code: 'E_SEARCH' }));
    return { words: 20 + Math.floor(part * 200) };
  }),
  handle(syncStock, ({ shop }) => {
    throw withPlainStack(new Error(`HTTP 503 from stock.${shop}.example`));
  }),
];
