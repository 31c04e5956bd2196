/** What `holdfast/jobs` exports: the contracts of the job types that come with the package. Safe to import in a browser. */
export { analyseRepositories, type RepositoryReport, type RepositoryResult } from './analyse-repositories.ts';
export { exportData, type ExportSidecar, exportSidecar } from './export-data.ts';
export { type Delivery, type DeliveryAttempt, sendNotification } from './send-notification.ts';
