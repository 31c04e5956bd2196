/** Owns what stands around every page: the bar at the top, the rail, the state of the connection. */
import { ActionIcon, Menu, Tooltip, useMantineColorScheme } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCpu,
  IconDots,
  IconHome,
  IconInfoCircle,
  IconList,
  IconMoon,
  IconPlaylistAdd,
  IconSearch,
  IconSettings,
  IconStack2,
  IconStackPush,
  IconSun,
} from '@tabler/icons-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { Link, useLocation } from 'wouter';
import { basePath, stale } from '../data/api.ts';
import { liveJobs } from '../data/live-jobs.ts';
import { useLive, useMe } from '../data/queries.ts';
import { clockText, durationText, numberText } from '../format.ts';
import { useProblems } from './problems.ts';
import { Ago, useNow } from './time.tsx';

const PLACES = [
  { to: '/', name: 'Overview', icon: IconHome },
  { to: '/jobs', name: 'Jobs', icon: IconList },
  { to: '/batches', name: 'Batches', icon: IconStackPush },
  { to: '/queues', name: 'Queues', icon: IconStack2 },
  { to: '/errors', name: 'Errors', icon: IconAlertTriangle },
  { to: '/workers', name: 'Workers', icon: IconCpu },
] as const;
const REST = [
  { to: '/operations', name: 'Operations', icon: IconPlaylistAdd },
  { to: '/settings', name: 'Settings', icon: IconSettings },
  { to: '/about', name: 'About', icon: IconInfoCircle },
] as const;

export function Shell({ openPalette, children }: { readonly openPalette: () => void; readonly children: ReactNode }) {
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="top">
        <Link to="/" className="brand" aria-label="Holdfast, overview">
          <img src={`${basePath}/icon.svg`} alt="" />
          <span className="wide">Holdfast</span>
        </Link>
        <Tooltip label="Search, go to, do: Ctrl K">
          <ActionIcon aria-label="Search and commands" onClick={openPalette}>
            <IconSearch size={18} />
          </ActionIcon>
        </Tooltip>
        <span className="push" />
        <LivePill />
        <ThemeSwitch />
        <Who />
      </header>
      <Rail />
      <div>
        <AwayBanner />
        <StaleBanner />
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <BottomBar />
    </div>
  );
}

function isHere(here: string, to: string): boolean {
  return to === '/' ? here === '/' : here.startsWith(to);
}

function Rail() {
  const [here] = useLocation();
  const problems = useProblems();
  const counts: Readonly<Record<string, number>> = {
    Queues: problems.filter(({ about }) => about === 'queue').length,
    Errors: problems.filter(({ about }) => about === 'type').length,
  };
  return (
    <nav className="rail" aria-label="Pages">
      {PLACES.map(({ to, name, icon: Icon }) => (
        <Link key={to} to={to} aria-current={isHere(here, to) ? 'page' : undefined}>
          <Icon size={18} aria-hidden />
          {name}
          {(counts[name] ?? 0) > 0 && (
            <span className="count" title={`${counts[name]} to look at`}>
              {counts[name]}
            </span>
          )}
        </Link>
      ))}
      <hr />
      {REST.map(({ to, name, icon: Icon }) => (
        <Link key={to} to={to} aria-current={isHere(here, to) ? 'page' : undefined}>
          <Icon size={18} aria-hidden />
          {name}
        </Link>
      ))}
    </nav>
  );
}

function BottomBar() {
  const [here, go] = useLocation();
  return (
    <nav className="bottom" aria-label="Pages">
      {PLACES.filter(({ name }) => ['Overview', 'Jobs', 'Errors'].includes(name)).map(({ to, name, icon: Icon }) => (
        <Link key={to} to={to} aria-current={isHere(here, to) ? 'page' : undefined}>
          <Icon size={20} aria-hidden />
          {name}
        </Link>
      ))}
      <Menu position="top-end">
        <Menu.Target>
          <button type="button">
            <IconDots size={20} aria-hidden />
            More
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {[...PLACES.slice(2), ...REST]
            .filter(({ name }) => name !== 'Errors')
            .map(({ to, name, icon: Icon }) => (
              <Menu.Item key={to} leftSection={<Icon size={16} />} onClick={() => go(to)}>
                {name}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  );
}

function LivePill() {
  const { connection, pausedAt, held } = useLive();
  const toggle = (): void => liveJobs.setPaused(pausedAt === undefined);
  if (pausedAt !== undefined)
    return (
      <button type="button" className="pill paused" onClick={toggle}>
        <span className="dot" />
        Paused {clockText(pausedAt)}
        {held > 0 && ` · ${numberText(held)} changed`}
      </button>
    );
  const isLive = connection === 'live';
  return (
    <button type="button" className={isLive ? 'pill' : 'pill away'} onClick={toggle} title="Pause: p">
      <span className="dot" />
      {isLive ? 'Live' : connection === 'connecting' ? 'Connecting' : 'Reconnecting'}
    </button>
  );
}

const SAID_AFTER_MS = 5000;

function AwayBanner() {
  const { connection, awaySince } = useLive();
  const now = useNow();
  if (connection !== 'away' || awaySince === undefined || now - awaySince < SAID_AFTER_MS) return null;
  return (
    <div className="banner" role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <span>
        Connection lost {durationText(Math.floor((now - awaySince) / 1000) * 1000)} ago. You see the last known state; jobs keep running. It
        is tried again by itself.
      </span>
    </div>
  );
}

function StaleBanner() {
  const since = useSyncExternalStore(stale.subscribe, stale.since);
  if (since === undefined) return null;
  return (
    <div className="banner" role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <span>
        Temporal does not answer. What you see was known <Ago at={since} />; jobs are kept, and new ones are refused until it is back.
      </span>
    </div>
  );
}

function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const isDark = colorScheme === 'dark' || (colorScheme === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <Tooltip label={isDark ? 'Light' : 'Dark'}>
      <ActionIcon aria-label={isDark ? 'Use light colours' : 'Use dark colours'} onClick={() => setColorScheme(isDark ? 'light' : 'dark')}>
        {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Who() {
  const { data } = useMe();
  if (data === undefined) return null;
  const isViewer = data.role === 'viewer';
  return (
    <span
      className="soft small wide"
      title={isViewer ? 'This key may look and not act. An admin gives others: holdfast keys add --role operator' : undefined}
    >
      {isViewer ? 'Read only · ' : ''}
      {data.name}
      {data.tenant === undefined ? '' : ` · ${data.tenant}`}
    </span>
  );
}
