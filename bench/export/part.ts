/** The part `export`: `export-data` from PostgreSQL, beside psql's `\copy`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../part.ts';
import { startPostgres } from '../postgres.ts';
import { runRounds } from '../rounds.ts';
import { exportSection, type ExportRound, ROUNDS_OF_A_REPORT } from './report.ts';
import { exportOnce, type ExportPlan, makeTable, WAYS } from './run.ts';

export const exportPart: Part = {
  contenders: ['holdfast'],
  async run({ options, servers, endsBy, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-export-'));
    const postgres = await startPostgres();
    try {
      say(`Making a table of ${options.rows} rows …`);
      makeTable(postgres, options.rows);
      const place = { port: servers.temporal.port, folder, url: postgres.url };
      const plan = { place, rows: options.rows, postgres };
      const rounds = await runRounds({ rounds: options.rounds, endsBy, round: (index) => roundOf(plan, index, say) });
      const section = exportSection(rounds, { rows: options.rows, postgresVersion: postgres.version });
      return { section, doubt: doubtOf(options.quick, rounds.length) };
    } finally {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Every way once, in an order that turns. */
async function roundOf(plan: ExportPlan, index: number, say: (line: string) => void): Promise<ExportRound> {
  const round: Partial<ExportRound> = {};
  for (const way of [...WAYS.slice(index % WAYS.length), ...WAYS.slice(0, index % WAYS.length)]) {
    const run = await exportOnce(way, plan);
    say(`${way.padEnd(8)} ${Math.round(run.rowsPerSecond)} rows/s, peak ${Math.round(run.peakMiB)} MiB`);
    round[way] = run;
  }
  return round as ExportRound;
}

function doubtOf(isQuick: boolean, rounds: number): string | undefined {
  if (isQuick) return '--quick is no measurement';
  return rounds < ROUNDS_OF_A_REPORT ? `${rounds} rounds are too few` : undefined;
}
