/** Owns the pages that are loaded when they are opened first. */
import { About } from './about.tsx';
import { Batches } from './batches.tsx';
import { Errors } from './errors.tsx';
import { Operations } from './operations.tsx';
import { Queue, Queues } from './queues.tsx';
import { Settings } from './settings.tsx';
import { Workers } from './workers.tsx';

interface Props {
  readonly page: 'batches' | 'queues' | 'queue' | 'errors' | 'workers' | 'operations' | 'settings' | 'about';
  readonly name?: string;
}

export default function More({ page, name = '' }: Props) {
  switch (page) {
    case 'batches':
      return <Batches />;
    case 'queues':
      return <Queues />;
    case 'queue':
      return <Queue key={name} name={name} />;
    case 'errors':
      return <Errors />;
    case 'workers':
      return <Workers />;
    case 'operations':
      return <Operations />;
    case 'settings':
      return <Settings />;
    case 'about':
      return <About />;
  }
}
