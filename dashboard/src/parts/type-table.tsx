/** Owns the table of job types: how long they wait and run, and how often they fail. */
import { Link } from 'wouter';
import type { TypeReport } from '../../../src/contract/statistics/report.ts';
import { durationText, numberText } from '../format.ts';

const FEW_RUNS = 20;

export function TypeTable({ types }: { readonly types: readonly TypeReport[] }) {
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Job types, table">
      <table>
        <thead>
          <tr>
            <th>type</th>
            <th>queue</th>
            <th className="right">wait p50 · p95</th>
            <th className="right">run p50 · p95</th>
            <th className="right">completed</th>
            <th className="right">failed</th>
            <th className="right">success, 1 h</th>
          </tr>
        </thead>
        <tbody>
          {types.map((type) => (
            <tr key={`${type.type} ${type.queue}`}>
              <td className="strong">
                <Link to={`/jobs?type=${encodeURIComponent(type.type)}`}>{type.type}</Link>
              </td>
              <td>
                <Link to={`/queues/${encodeURIComponent(type.queue)}`}>{type.queue}</Link>
              </td>
              <td className="right nowrap">
                {durationText(type.waitMs.p50)} · {durationText(type.waitMs.p95)}
              </td>
              <td className="right nowrap">
                {durationText(type.runMs.p50)} · {durationText(type.runMs.p95)}
                {type.runMs.samples > 0 && type.runMs.samples < FEW_RUNS && <span className="soft small"> {type.runMs.samples} runs</span>}
              </td>
              <td className="right">{numberText(type.completed)}</td>
              <td className="right">{numberText(type.failed)}</td>
              <td className="right">{type.successRate.value === null ? '–' : `${Math.floor(type.successRate.value * 1000) / 10} %`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
