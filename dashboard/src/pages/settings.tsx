/** Owns what a user sets for this browser, and, for admins, the keys of the server. */
import { Button, Select, Switch, TextInput, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { RouteAnswer } from '../../../src/api/routes.ts';
import { api } from '../data/api.ts';
import { errorText, queryClient, useAct, useMe } from '../data/queries.ts';
import { Confirm, type Question } from '../parts/confirm.tsx';
import { copy } from '../parts/copy.ts';
import { hasKeys, setKeys } from '../parts/keyboard.ts';
import { Loaded } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { say } from '../parts/toasts.tsx';
import { useTitle } from '../parts/title.ts';

export function Settings() {
  useTitle('Settings');
  const { data: me } = useMe();
  return (
    <div className="page">
      <h1>Settings</h1>
      <ThisBrowser />
      {me?.role === 'admin' && me.tenant === undefined && <Keys />}
      <section className="card" aria-label="Session">
        <h2>Session</h2>
        <p>
          {me?.name}, {me?.role}
        </p>
        <Button variant="default" onClick={() => void api.call('logOut').then(() => queryClient.resetQueries({ queryKey: ['me'] }))}>
          Log out
        </Button>
      </section>
    </div>
  );
}

function ThisBrowser() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const [isOn, setOn] = useState(hasKeys());
  return (
    <section className="card" aria-label="This browser">
      <h2>This browser</h2>
      <div className="form">
        <Select
          label="Colours"
          data={[
            { value: 'auto', label: 'As the system' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          value={colorScheme}
          onChange={(scheme) => setColorScheme(scheme ?? 'auto')}
          allowDeselect={false}
        />
        <Switch
          label="Single letters act: g j, n, r, p"
          checked={isOn}
          onChange={({ currentTarget }) => {
            setKeys(currentTarget.checked);
            setOn(currentTarget.checked);
          }}
        />
      </div>
    </section>
  );
}

type KeyRecord = RouteAnswer<'listKeys'>['keys'][number];

function Keys() {
  const keys = useQuery({ queryKey: ['keys'], queryFn: async () => await api.call('listKeys') });
  const revoke = useAct('revokeKey', ['keys']);
  const [question, setQuestion] = useState<Question>();
  const ask = ({ id, name }: KeyRecord): void =>
    setQuestion({
      title: `Revoke the key of ${name}?`,
      body: <p>It is of no use from then on, and sessions that began with it end. This cannot be undone.</p>,
      keep: 'Keep it',
      go: 'Revoke key',
      isLoss: true,
      onGo: async () => await revoke.mutateAsync({ params: { id } }).catch((error: unknown) => say(errorText(error), true)),
    });
  return (
    <section className="card" aria-label="Keys">
      <h2>Keys</h2>
      <NewKey />
      <Loaded query={keys} what="the keys">
        {({ keys: records }) => (
          <div className="scroll" tabIndex={0} role="group" aria-label="Keys, table">
            <table>
              <thead>
                <tr>
                  <th>name</th>
                  <th>role</th>
                  <th>tenant</th>
                  <th>made</th>
                  <th className="right">revoke</th>
                </tr>
              </thead>
              <tbody>
                {records.map((record) => (
                  <tr key={record.id}>
                    <td className="strong">{record.name}</td>
                    <td>{record.role}</td>
                    <td>{record.tenant ?? '–'}</td>
                    <td>
                      <Ago at={record.createdAt} />
                    </td>
                    <td className="right">
                      {record.revokedAt === undefined ? (
                        <Button variant="default" onClick={() => ask(record)}>
                          Revoke…
                        </Button>
                      ) : (
                        <span className="soft">revoked</span>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <Confirm question={question} onClose={() => setQuestion(undefined)} />
    </section>
  );
}

function NewKey() {
  const create = useAct('createKey', ['keys']);
  const [name, setName] = useState('');
  const [role, setRole] = useState<'viewer' | 'operator' | 'admin'>('operator');
  const [made, setMade] = useState<string>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      const { key } = await create.mutateAsync({ body: { name, role } });
      setMade(key);
      setName('');
    } catch (error) {
      say(errorText(error), true);
    }
  };
  return (
    <form className="head" onSubmit={(event) => void submit(event)}>
      <TextInput
        size="xs"
        aria-label="Name of the new key"
        placeholder="Who or what has it"
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
      />
      <Select
        size="xs"
        aria-label="Role of the new key"
        data={['viewer', 'operator', 'admin']}
        value={role}
        onChange={(next) => setRole(next ?? 'operator')}
        allowDeselect={false}
      />
      <Button type="submit" variant="default" loading={create.isPending} disabled={name.trim() === ''}>
        Make key
      </Button>
      {made !== undefined && (
        <span role="status">
          Shown this once: <code>{made}</code>{' '}
          <Button variant="subtle" onClick={() => void copy(made, 'Key')}>
            Copy
          </Button>
        </span>
      )}
    </form>
  );
}
