/** The part `stats`: how long `getStats` and `stats` take beside many jobs. */
import type { Part } from '../part.ts';
import { statsSection } from './report.ts';
import { askForStats } from './run.ts';

export const statsPart: Part = {
  contenders: ['holdfast'],
  async run({ options: { finished, open, quick }, servers, say }) {
    const questions = await askForStats({ port: servers.temporal.port, finished, open, say });
    return { section: statsSection(questions, { finished, open }), doubt: quick ? '--quick is no measurement' : undefined };
  },
};
