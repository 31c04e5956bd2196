/** Owns the keys that work on every page. Letters never act inside fields, and can be switched off. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { liveJobs } from '../data/live-jobs.ts';

const PAGES: Readonly<Record<string, string>> = {
  o: '/',
  j: '/jobs',
  b: '/batches',
  q: '/queues',
  e: '/errors',
  w: '/workers',
  s: '/settings',
};
const SECOND_WITHIN_MS = 1200;
const SETTING = 'holdfast-keys';

export function hasKeys(): boolean {
  return window.localStorage.getItem(SETTING) !== 'off';
}

export function setKeys(isOn: boolean): void {
  window.localStorage.setItem(SETTING, isOn ? 'on' : 'off');
}

/** True where a letter is text, or would be an act behind a dialog. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return target?.closest('input:not([type="checkbox"]), textarea, select, [contenteditable], [role="dialog"], [role="menu"]') != null;
}

export function useKeyboard(openPalette: () => void): void {
  const [, go] = useLocation();
  useEffect(() => {
    let goAt = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !hasKeys()) return;
      const page = PAGES[event.key];
      const isSecond = Date.now() - goAt < SECOND_WITHIN_MS;
      goAt = event.key === 'g' ? Date.now() : 0;
      if (isSecond && page !== undefined) go(page);
      else if (event.key === '/' || event.key === '?') {
        event.preventDefault();
        openPalette();
      } else if (event.key === 'p') liveJobs.setPaused(liveJobs.state().pausedAt === undefined);
      else if (event.key === 'n' && !isSecond) go('/jobs/new');
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [go, openPalette]);
}
