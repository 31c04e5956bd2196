/** Runs an example as its reader does: its worker beside, then what adds the job; and gives what both printed. */
import { onTestFinished, vi } from 'vitest';
import { serverAddress } from '../support/jobs.ts';

/** Lines that the example `folder` printed. Its worker is ended by SIGTERM, which it has to obey. */
export async function runExample(
  folder: 'analyse-repositories' | 'export-data' | 'first-job' | 'multi-step' | 'notifications',
): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void lines.push(words.join(' ').trim()));
  vi.stubEnv('TEMPORAL_ADDRESS', serverAddress());
  vi.stubEnv('HOLDFAST_LOG_LEVEL', 'silent');
  onTestFinished(() => {
    log.mockRestore();
    vi.unstubAllEnvs();
  });
  const worker = import(`../../examples/${folder}/worker.ts`);
  await import(`../../examples/${folder}/add.ts`);
  process.emit('SIGTERM');
  await worker;
  return lines;
}
