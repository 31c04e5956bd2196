/** Analyses the repository of the working folder and prints what a reader of its report would look at first. */
import { JobClient } from 'holdfast/client';
import { analyseRepositories } from 'holdfast/jobs';

const jobs = await JobClient.connect();
const job = await jobs.add(analyseRepositories, { repositories: [process.cwd()] });
for await (const { status, progress } of job.watch()) console.log(status, progress?.message ?? '');
const { repositories } = await job.result();
await jobs.close();

for (const { name, report, error } of repositories) {
  if (report === undefined) {
    console.log(`${name} failed: ${error?.message ?? 'no reason given'}`);
    continue;
  }
  const { commits, authors, languages, churn, licences, dependencies } = report;
  console.log(`${name}: ${commits.total} commits by ${authors.total} people, licence ${licences[0]?.spdx ?? 'none'}`);
  console.log(`Half of the commits are by ${authors.busFactor} of them`);
  for (const { language, lines } of languages.slice(0, 3)) console.log(`${lines} lines of ${language}`);
  for (const { path, commits: changes, lines } of churn.hotspots.slice(0, 3)) console.log(`${path}: ${changes} changes, ${lines} lines`);
  for (const { name: dependency, version, manifest } of dependencies.slice(0, 3)) {
    console.log(`${manifest} needs ${dependency} ${version ?? 'in any version'}`);
  }
}
