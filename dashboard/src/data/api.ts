/** Owns the calls of the dashboard to the server that it came from. */
import { ApiClient } from '../../../src/api/api-client.ts';

/** What the dashboard is mounted at, without the last slash: `''` or `/holdfast`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/+$/, '');

export const serverUrl = `${window.location.origin}${basePath}`;

/** Calls carry the cookie of the session. */
export const api = new ApiClient({ url: serverUrl, fetch: (input, init) => window.fetch(input, init) });
