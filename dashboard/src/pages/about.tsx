/** Owns what is told of the servers behind the dashboard. */
import { CLOCK_OFF_MS } from '../../../src/contract/server-facts.ts';
import { useServer } from '../data/queries.ts';
import { durationText, numberText } from '../format.ts';
import { Loaded } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

export function About() {
  useTitle('About');
  const query = useServer();
  return (
    <div className="page">
      <h1>About</h1>
      <Loaded query={query} what="the server" height={220}>
        {(server) => (
          <section className="card" aria-label="Server">
            <dl className="facts">
              <dt>Holdfast</dt>
              <dd>{server.holdfastVersion}</dd>
              <dt>Temporal</dt>
              <dd>
                {server.temporalVersion ?? 'of an unknown version'} at {server.address}, namespace {server.namespace}
              </dd>
              <dt>Finished jobs</dt>
              <dd>
                {server.retentionMs === undefined ? 'are kept until they are deleted' : `are kept for ${durationText(server.retentionMs)}`}
              </dd>
              <dt>Clock</dt>
              <dd>{clockText(server.clockAheadMs)}</dd>
              <dt>Largest input or output</dt>
              <dd>
                {numberText(server.largestValueBytes / 1e6)} MB{server.storesLargeValues ? '' : '; a payload folder would take larger ones'}
              </dd>
              {server.uiUrl !== undefined && (
                <>
                  <dt>Temporal Web UI</dt>
                  <dd>
                    <a href={server.uiUrl} target="_blank" rel="noreferrer">
                      {server.uiUrl}
                    </a>
                  </dd>
                </>
              )}
            </dl>
          </section>
        )}
      </Loaded>
    </div>
  );
}

function clockText(aheadMs: number | undefined): string {
  if (aheadMs === undefined) return 'unknown';
  return Math.abs(aheadMs) < CLOCK_OFF_MS
    ? 'Temporal and this server agree'
    : `Temporal's is ${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}`;
}
