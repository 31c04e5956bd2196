/** How an album is published. Deterministic code: it is replayed after a crash, so it touches nothing but `job`. */
import { jobWorkflow, jobWorkflows } from 'holdfast/workflows';
// Types only: a schema library in here would be loaded anew for each album under way.
import type { announceAlbum, publishAlbum, removeScratchFiles, resizePhoto } from './jobs.ts';

const album = jobWorkflow<typeof publishAlbum>('publish-album', async ({ title, photos }, job) => {
  // Runs whatever happens next: success, failure, cancel.
  job.cleanUp(() => job.run<typeof removeScratchFiles>('remove-scratch-files', { albumId: job.jobId }));

  // Steps side by side. Their own progress adds up to nine tenths of the album's.
  const share = 0.9 / photos.length;
  const resized = await Promise.all(photos.map((photo) => job.run<typeof resizePhoto>('resize-photo', { photo }, { share, label: photo })));

  // A job of its own, with its own id, attempts and record.
  job.say('announcing');
  const { address } = await job.child<typeof announceAlbum>('announce-album', { title });
  return { address, bytes: resized.reduce((sum, { bytes }) => sum + bytes, 0) };
});

export default jobWorkflows(album);
