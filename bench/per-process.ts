/** Owns figures that each process of a run has: the server, the worker, the client. */
export const PROCESSES = ['server', 'worker', 'client'] as const;
export type PerProcess = Readonly<Record<(typeof PROCESSES)[number], number>>;

export function perProcess(value: (process: (typeof PROCESSES)[number]) => number): PerProcess {
  return { server: value('server'), worker: value('worker'), client: value('client') };
}

/** Of all together. */
export function totalOf(values: PerProcess): number {
  return PROCESSES.reduce((sum, process) => sum + values[process], 0);
}
