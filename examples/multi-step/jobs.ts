/** The contracts: the album, which has several steps, and the job types of its steps. */
import { defineJob } from 'holdfast/contract';
import { z } from 'zod';

const queue = 'albums';

export const publishAlbum = defineJob({
  name: 'publish-album',
  input: z.object({ title: z.string(), photos: z.array(z.string()).min(1).max(100) }),
  output: z.object({ address: z.string(), bytes: z.number() }),
  queue,
  steps: true,
});

export const resizePhoto = defineJob({
  name: 'resize-photo',
  input: z.object({ photo: z.string(), width: z.number().default(800) }),
  output: z.object({ bytes: z.number() }),
  timeout: '2m',
  queue,
});

export const announceAlbum = defineJob({
  name: 'announce-album',
  input: z.object({ title: z.string() }),
  output: z.object({ address: z.string() }),
  queue,
});

export const removeScratchFiles = defineJob({
  name: 'remove-scratch-files',
  input: z.object({ albumId: z.string() }),
  queue,
});
