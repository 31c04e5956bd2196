/** Owns what is shown at an address that is no page. */
import { Link } from 'wouter';
import { Empty } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

export function NotFound() {
  useTitle('Not found');
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <Empty>
        <Link to="/">To the overview</Link>
      </Empty>
    </div>
  );
}
