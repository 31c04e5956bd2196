/** Owns `holdfast doctor`: what is wrong with the servers, the workers and this machine, and how to mend it. */
import type { Host } from './host.ts';
import { FAILED } from './exit-codes.ts';
import { type PlaceFlags, withJobs } from './connect.ts';
import {
  type Finding,
  clockFinding,
  failedServer,
  queueFindings,
  retentionFinding,
  versionFinding,
  workerFinding,
} from './doctor/findings.ts';
import { machineFindings } from './doctor/machine.ts';
import { Screen } from './screen.ts';
import { defused } from './text.ts';

const MARKS = { good: ['green', '✓'], warning: ['yellow', '!'], wrong: ['red', '✗'] } as const;

/** Shows what was found. Resolves with 1 when something is wrong; warnings do not count. */
export async function doctor(flags: PlaceFlags, host: Host): Promise<number> {
  const findings = [...(await serverFindings(flags, host)), ...(await machineFindings(host))];
  if (flags.json === true) host.out.write(`${JSON.stringify({ findings })}\n`);
  else for (const line of linesOf(findings, host)) host.out.write(`${line}\n`);
  return findings.some(({ state }) => state === 'wrong') ? FAILED : 0;
}

async function serverFindings(flags: PlaceFlags, host: Host): Promise<readonly Finding[]> {
  try {
    return await withJobs(flags, host, async ({ jobs }) => {
      const [facts, statistics] = await Promise.all([jobs.server(), jobs.stats()]);
      return [versionFinding(facts), clockFinding(facts), retentionFinding(facts), workerFinding(statistics), ...queueFindings(statistics)];
    });
  } catch (error) {
    return [failedServer(error)];
  }
}

function linesOf(findings: readonly Finding[], host: Host): string[] {
  const { style } = new Screen(host.out);
  const width = Math.max(...findings.map(({ about }) => about.length));
  const lines = findings.flatMap(({ about, state, says, mend }) => {
    const [colour, mark] = MARKS[state];
    const indent = ' '.repeat(width + 4);
    return [
      `${style(colour, mark)} ${about.padEnd(width)}  ${defused(says)}`,
      ...(mend === undefined ? [] : [`${indent}${style('dim', defused(mend))}`]),
    ];
  });
  const wrong = findings.filter(({ state }) => state === 'wrong').length;
  const warnings = findings.filter(({ state }) => state === 'warning').length;
  return [...lines, '', wrong + warnings === 0 ? 'All is well.' : `${wrong} wrong, ${warnings} to look at.`];
}
