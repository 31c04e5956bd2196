/** Runs albums and their steps until Ctrl-C or SIGTERM. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, handle, multiStep } from 'holdfast/worker';
import { announceAlbum, publishAlbum, removeScratchFiles, resizePhoto } from './jobs.ts';

const worker = await createWorker({
  workflows: new URL('./workflows.ts', import.meta.url),
  jobs: [
    multiStep(publishAlbum),
    handle(resizePhoto, async ({ photo, width }, ctx) => {
      for (let row = 1; row <= 10; row++) {
        await sleep(50, undefined, { signal: ctx.signal });
        ctx.progress({ done: row, total: 10, unit: 'rows' });
      }
      return { bytes: photo.length * width };
    }),
    handle(announceAlbum, ({ title }) => ({ address: `https://albums.example/${encodeURIComponent(title)}` })),
    handle(removeScratchFiles, ({ albumId }) => console.log(`Scratch files of ${albumId} removed`)),
  ],
});
await worker.run();
