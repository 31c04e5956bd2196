/** Owns the reading of what a process has used, from `/proc`: Linux only. */
import { readFileSync } from 'node:fs';

/** Ticks of `/proc/<pid>/stat` a second: the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MEBIBYTE = 1024 * 1024;

/** CPU time that the process has used so far, user and system, in milliseconds. Steps of 10 ms. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in parentheses and may hold spaces; utime and stime are fields 14 and 15 of the whole line.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
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
