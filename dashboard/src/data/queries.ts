/** Owns what the pages ask the server: each question once, whoever asks, and again when the stream says that something happened. */
import { QueryClient, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { asJobError, JobError } from '../../../src/contract/errors.ts';
import type { JobSnapshot } from '../../../src/contract/snapshot.ts';
import type { RouteName, RouteRequest } from '../../../src/api/routes.ts';
import { api } from './api.ts';
import { liveJobs } from './live-jobs.ts';

/** Sums and lists follow what happens no faster than this. */
const REFRESH_EVERY_MS = 3000;
/** By then a worker has reported what it counted, and one that is not heard of any more is called silent: both take 10 s. */
const LATE_NEWS_MS = 12_000;
const PAGE = 100;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Number.POSITIVE_INFINITY,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && asJobError(error)?.retryable === true,
    },
  },
});

/** What was asked while the connection was away may have failed or be old: it is asked for again when it is back. */
export function refreshAfterAbsence(): () => void {
  let before = liveJobs.state().connection;
  return liveJobs.subscribe(() => {
    const { connection } = liveJobs.state();
    if (before === 'away' && connection === 'live') void queryClient.invalidateQueries();
    before = connection;
  });
}

/** How the stream is. Re-renders with each change that is shown. */
export function useLive() {
  return useSyncExternalStore(liveJobs.subscribe, liveJobs.state);
}

/** The newest snapshot of a job that the stream or a call has told. */
export function useLiveJob(id: string): JobSnapshot | undefined {
  return useSyncExternalStore(liveJobs.subscribe, () => liveJobs.get(id));
}

/** Asks again for sums when jobs have changed, and once more when all of it is counted, while the page that shows them is open. */
export function useRefresh(names: readonly string[]): void {
  const client = useQueryClient();
  const key = names.join();
  useEffect(() => {
    let lastAt = Date.now();
    let timer: number | undefined;
    let late: number | undefined;
    const refresh = (): void => {
      timer = undefined;
      lastAt = Date.now();
      for (const name of key.split(',')) void client.invalidateQueries({ queryKey: [name] });
    };
    const refreshLate = (): void => {
      window.clearTimeout(late);
      late = window.setTimeout(refresh, LATE_NEWS_MS);
    };
    refreshLate();
    let seen = liveJobs.state().version;
    const stop = liveJobs.subscribe(() => {
      if (liveJobs.state().version === seen) return;
      seen = liveJobs.state().version;
      timer ??= window.setTimeout(refresh, Math.max(0, lastAt + REFRESH_EVERY_MS - Date.now()));
      refreshLate();
    });
    return () => {
      stop();
      window.clearTimeout(timer);
      window.clearTimeout(late);
    };
  }, [client, key]);
}

export function useMe() {
  // A login link says it by itself when it has been followed.
  const isComing = window.location.pathname.endsWith('/login') && window.location.hash !== '';
  return useQuery({ queryKey: ['me'], enabled: !isComing, queryFn: async () => await api.call('whoAmI') });
}

/** True for a role that may change jobs. */
export function useCanAct(): boolean {
  const { data } = useMe();
  return data !== undefined && data.role !== 'viewer';
}

export function useStats(filter: { readonly type?: string; readonly queue?: string } = {}) {
  return useQuery({ queryKey: ['stats', filter], queryFn: async () => await api.call('getStatistics', { query: filter }) });
}

export function useCounts(filter: RouteRequest<'countJobs'>['query'] = {}) {
  return useQuery({ queryKey: ['counts', filter], queryFn: async () => await api.call('countJobs', { query: filter }) });
}

export type ListFilter = Omit<RouteRequest<'listJobs'>['query'], 'limit' | 'pageToken'>;

export function useJobs(filter: ListFilter) {
  return useInfiniteQuery({
    queryKey: ['jobs', filter],
    initialPageParam: '',
    queryFn: async ({ pageParam }) =>
      await api.call('listJobs', { query: { ...filter, limit: String(PAGE), ...(pageParam === '' ? {} : { pageToken: pageParam }) } }),
    getNextPageParam: (page) => page.nextPageToken,
  });
}

/** Asks for the snapshots of rows that are in view and that the stream has not told. */
export function useSnapshots(ids: readonly string[]): void {
  const missing = ids.filter((id) => liveJobs.get(id) === undefined).slice(0, 50);
  const { data } = useQuery({
    queryKey: ['snapshots', missing.join('\n')],
    enabled: missing.length > 0,
    staleTime: 10_000,
    queryFn: async () => await api.call('getSnapshots', { query: { id: missing } }),
  });
  useEffect(() => {
    if (data !== undefined) liveJobs.learn(data.jobs);
  }, [data]);
}

/** The jobs that failed last, by when they were added. */
export function useLastFailed() {
  return useQuery({
    queryKey: ['last-failed'],
    queryFn: async () => await api.call('listJobs', { query: { status: 'failed', limit: '5' } }),
  });
}

/** What is shown at once may be old: it is asked for again whenever a page with it is opened. */
export function useJob(id: string) {
  return useQuery({
    queryKey: ['job', id],
    refetchOnMount: 'always',
    queryFn: async () => (await api.call('getJob', { params: { id } })) as JobSnapshot,
  });
}

/** The jobs that a job has started, the newest first. */
export function useChildren(id: string) {
  return useQuery({
    queryKey: ['job', id, 'children'],
    refetchOnMount: 'always',
    queryFn: async () => await api.call('listJobs', { query: { parent: id, limit: '20' } }),
  });
}

export function useAudit(job: string) {
  const { data: me } = useMe();
  return useQuery({
    queryKey: ['job', job, 'audit'],
    enabled: me?.role === 'admin' && me.tenant === undefined,
    queryFn: async () => await api.call('readAudit', { query: { job, limit: '20' } }),
  });
}

export function useJobTypes() {
  return useQuery({ queryKey: ['job-types'], queryFn: async () => await api.call('listJobTypes') });
}

export function useServer() {
  return useQuery({ queryKey: ['server'], queryFn: async () => await api.call('getServer') });
}

export function useOperations() {
  return useQuery({
    queryKey: ['operations'],
    queryFn: async () => await api.call('listOperations'),
    refetchInterval: ({ state }) =>
      state.data?.operations.some(({ status }) => status === 'running' || status === 'aborting') ? 1000 : false,
  });
}

/** A call that changes something; afterwards what it may have changed is asked for again. */
export function useAct<Name extends RouteName>(name: Name, touches: readonly string[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (request: Partial<RouteRequest<Name>>) => await api.call(name, request),
    onSuccess: async () => await Promise.all(touches.map(async (one) => await client.invalidateQueries({ queryKey: [one] }))),
  });
}

/** What a person is told of an error. */
export function errorText(error: unknown): string {
  const known = asJobError(error);
  return known instanceof JobError ? known.message : String(error);
}
