/** Owns the routes of export downloads. */
import { z } from 'zod';
import { route } from '../route.ts';
import { byJob, signed } from '../schemas/parameters.ts';
import { download, newDownload } from '../schemas/service.ts';

export const downloadRoutes = {
  linkDownload: route({
    method: 'POST',
    path: '/v1/jobs/{id}/download',
    tag: 'Downloads',
    summary: 'A link to the file of a finished export, which needs no key and expires',
    role: 'viewer',
    act: 'linkDownload',
    params: byJob,
    body: newDownload,
    answer: download,
    problems: ['not-found', 'conflict', 'invalid-options'],
  }),
  getDownload: route({
    method: 'GET',
    path: '/v1/downloads/{token}',
    tag: 'Downloads',
    summary: 'The file of a link',
    role: 'anyone',
    params: signed,
    kind: 'file',
    answer: z.string(),
    problems: ['not-found', 'conflict', 'link-expired'],
  }),
} as const;
