/** Owns the reading of what a process has used, from `/proc`: Linux only. */
import { readFileSync } from 'node:fs';

/** Ticks of `/proc/<pid>/stat` a second: the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields of `/proc/<pid>/stat`, counted from 1: user time, system time after it. */
const UTIME = 14;
const CUTIME = 16;
const MEBIBYTE = 1024 * 1024;

/** CPU time that the process has used so far, user and system, in milliseconds. Steps of 10 ms. */
export function cpuMs(pid: number): number {
  return ticksOf(pid, [UTIME, UTIME + 1]);
}

/** CPU time of the processes that it started and that have ended, and of theirs. */
export function cpuMsOfChildren(pid: number): number {
  return ticksOf(pid, [CUTIME, CUTIME + 1]);
}

function ticksOf(pid: number, fields: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in parentheses and may hold spaces; what follows begins with field 3 of the whole line.
  const values = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (fields.reduce((sum, field) => sum + Number(values[field - 3]), 0) * 1000) / TICKS_PER_SECOND;
}

/** Resident memory of the process in MiB. */
export function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1]) * 1024) / MEBIBYTE;
}

/** The most resident memory that the process has had so far, in MiB. */
export function peakResidentMiB(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1]) * 1024) / MEBIBYTE;
}
