/** Owns what is shown where there has never been a job: how to add one. */
import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { useCanAct } from '../data/queries.ts';
import { Empty } from './states.tsx';

const CODE = `const jobs = await JobClient.connect();
const job = await jobs.add(sendEmail, { to: 'ada@example.com' });
await job.result();`;

export function FirstJob() {
  const canAct = useCanAct();
  return (
    <Empty name="No jobs yet">
      <strong>No jobs yet. Add one here, or from code:</strong>
      <pre tabIndex={0}>{CODE}</pre>
      {canAct && (
        <Button component={Link} to="/jobs/new">
          Add a job
        </Button>
      )}
    </Empty>
  );
}
