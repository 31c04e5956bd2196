/** Owns the calls of the dashboard to the server that it came from. */
import { ApiClient } from '../../../src/api/api-client.ts';

/** What the dashboard is mounted at, without the last slash: `''` or `/holdfast`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/+$/, '');

export const serverUrl = `${window.location.origin}${basePath}`;

const STALE_HEADER = 'holdfast-stale-since';
let staleSince: string | undefined;
const listeners = new Set<() => void>();

/** Since when Temporal has not answered; answers are those from then. Undefined: it does. */
export const stale = {
  since: (): string | undefined => staleSince,
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** Calls carry the cookie of the session. */
export const api = new ApiClient({
  url: serverUrl,
  fetch: async (input, init) => {
    const response = await window.fetch(input, init);
    const since = response.headers.get(STALE_HEADER) ?? undefined;
    if (response.ok && since !== staleSince) {
      staleSince = since;
      for (const listener of listeners) listener();
    }
    return response;
  },
});
