/** Owns the search: pages, jobs by their id, types, acts. */
import { Modal, TextInput } from '@mantine/core';
import { type KeyboardEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { liveJobs } from '../data/live-jobs.ts';
import { useJobTypes, useStats } from '../data/queries.ts';

interface Entry {
  readonly name: string;
  readonly about: string;
  readonly to: string;
}

const PAGES: readonly Entry[] = [
  { name: 'Overview', about: 'g o', to: '/' },
  { name: 'Jobs', about: 'g j', to: '/jobs' },
  { name: 'Failed jobs', about: '', to: '/jobs?status=failed' },
  { name: 'Running jobs', about: '', to: '/jobs?status=processing' },
  { name: 'Add a job', about: 'n', to: '/jobs/new' },
  { name: 'Batches', about: 'g b', to: '/batches' },
  { name: 'Queues', about: 'g q', to: '/queues' },
  { name: 'Errors', about: 'g e', to: '/errors' },
  { name: 'Workers', about: 'g w', to: '/workers' },
  { name: 'Operations', about: '', to: '/operations' },
  { name: 'Settings', about: 'g s', to: '/settings' },
  { name: 'About', about: '', to: '/about' },
];
const MOST = 12;
const LIKE_AN_ID = 6;

function useEntries(text: string): readonly Entry[] {
  const types = useJobTypes();
  const stats = useStats();
  const wanted = text.trim().toLowerCase();
  const typed = (types.data?.types ?? []).map(({ type }) => ({
    name: type,
    about: 'jobs of this type',
    to: `/jobs?type=${encodeURIComponent(type)}`,
  }));
  const queues = (stats.data?.queues ?? []).map(({ queue }) => ({
    name: queue,
    about: 'queue',
    to: `/queues/${encodeURIComponent(queue)}`,
  }));
  const jobs =
    wanted.length < 3
      ? []
      : liveJobs
          .all()
          .filter(({ id }) => id.toLowerCase().includes(wanted))
          .map(({ id, type }) => ({ name: id, about: type, to: `/jobs/${encodeURIComponent(id)}` }));
  const byId =
    wanted.length < LIKE_AN_ID ? [] : [{ name: `Job ${text.trim()}`, about: 'by its id', to: `/jobs/${encodeURIComponent(text.trim())}` }];
  const found = [...PAGES, ...typed, ...queues].filter(({ name }) => name.toLowerCase().includes(wanted));
  return [...found, ...jobs, ...byId].slice(0, MOST);
}

export function Palette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const entries = useEntries(text);
  const [, go] = useLocation();
  const open = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    go(entry.to);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(entries.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') open(entries[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal opened onClose={onClose} title="Search and commands" closeButtonProps={{ 'aria-label': 'Close' }} yOffset="12vh">
      <TextInput
        data-autofocus
        aria-label="Search"
        placeholder="A page, a type, a queue, the id of a job"
        value={text}
        role="combobox"
        aria-expanded
        aria-controls="palette"
        aria-activedescendant={`entry-${at}`}
        onKeyDown={onKey}
        onChange={({ currentTarget }) => (setText(currentTarget.value), setAt(0))}
      />
      <div id="palette" role="listbox" aria-label="Found" style={{ marginTop: 8 }}>
        {entries.map((entry, index) => (
          <div
            key={`${entry.to} ${entry.name}`}
            id={`entry-${index}`}
            role="option"
            aria-selected={index === at}
            className="row"
            style={{ gridTemplateColumns: '1fr auto', cursor: 'pointer' }}
            onClick={() => open(entry)}
          >
            <span className="cut">{entry.name}</span>
            <span className="soft small">{entry.about}</span>
          </div>
        ))}
      </div>
      <p className="soft small" style={{ marginTop: 12 }}>
        Keys: g then o j q e w s · j k Enter x in lists · [ ] next job · n add · r retry · y copy id · p pause
      </p>
    </Modal>
  );
}
