/** Owns which page stands at which address, who may see it, and what the keyboard does everywhere. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { asJobError } from '../../src/contract/errors.ts';
import { liveJobs } from './data/live-jobs.ts';
import { refreshAfterAbsence, useMe } from './data/queries.ts';
import { useKeyboard } from './parts/keyboard.ts';
import { Shell } from './parts/shell.tsx';
import { Failed, Skeleton } from './parts/states.tsx';
import { Toasts } from './parts/toasts.tsx';
import { JobPage } from './pages/job.tsx';
import { Jobs } from './pages/jobs.tsx';
import { Login } from './pages/login.tsx';
import { NotFound } from './pages/not-found.tsx';
import { Overview } from './pages/overview.tsx';

const AddJob = lazy(async () => ({ default: (await import('./pages/add-job.tsx')).AddJob }));
const Palette = lazy(async () => ({ default: (await import('./parts/palette.tsx')).Palette }));
const More = lazy(async () => await import('./pages/more.tsx'));

export function App() {
  const me = useMe();
  const isUnknown = asJobError(me.error)?.code === 'not-authenticated';
  if (isUnknown || window.location.pathname.endsWith('/login'))
    return <Login onDone={() => void me.refetch()} isIn={me.data !== undefined} />;
  if (me.error !== null) return <Failed what="the dashboard" error={me.error} again={me.refetch} />;
  return me.data === undefined ? <Skeleton height={400} /> : <Inside />;
}

function Inside() {
  const [isSearching, setSearching] = useState(false);
  const open = (): void => setSearching(true);
  useKeyboard(open);
  useEffect(() => {
    const endRefreshing = refreshAfterAbsence();
    liveJobs.start();
    return () => {
      liveJobs.stop();
      endRefreshing();
    };
  }, []);
  return (
    <>
      <Shell openPalette={open}>
        <Suspense fallback={<Skeleton height={300} />}>
          <Pages />
        </Suspense>
      </Shell>
      {isSearching && (
        <Suspense fallback={null}>
          <Palette onClose={() => setSearching(false)} />
        </Suspense>
      )}
      <Toasts />
    </>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/jobs" component={Jobs} />
      <Route path="/jobs/new" component={AddJob} />
      <Route path="/jobs/:id">{({ id }) => <JobPage key={id} id={decodeURIComponent(id)} />}</Route>
      <Route path="/batches">{() => <More page="batches" />}</Route>
      <Route path="/queues">{() => <More page="queues" />}</Route>
      <Route path="/queues/:name">{({ name }) => <More page="queue" name={decodeURIComponent(name)} />}</Route>
      <Route path="/errors">{() => <More page="errors" />}</Route>
      <Route path="/workers">{() => <More page="workers" />}</Route>
      <Route path="/operations">{() => <More page="operations" />}</Route>
      <Route path="/settings">{() => <More page="settings" />}</Route>
      <Route path="/about">{() => <More page="about" />}</Route>
      <Route path="/login">{() => <Redirect to="/" />}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}
