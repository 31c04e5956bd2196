/** Owns how a person comes in: by a login link, or with a key. */
import { Button, PasswordInput } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { api, basePath } from '../data/api.ts';
import { errorText } from '../data/queries.ts';
import { useTitle } from '../parts/title.ts';

export function Login({ onDone, isIn }: { readonly onDone: () => void; readonly isIn: boolean }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [, go] = useLocation();
  useTitle('Log in');
  const enter = async (body: { token: string } | { key: string }): Promise<void> => {
    setBusy(true);
    try {
      await api.call('logIn', { body });
      go(window.location.pathname.endsWith('/login') ? '/' : window.location.pathname.slice(basePath.length), { replace: true });
      onDone();
    } catch (error) {
      setProblem(errorText(error));
    }
    setBusy(false);
  };
  useEffect(() => {
    const token = window.location.hash.slice(1);
    if (token !== '') {
      window.history.replaceState(null, '', window.location.pathname);
      void enter({ token });
    } else if (isIn) go('/', { replace: true });
    // Once: a link is good for one login.
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enter({ key: key.trim() });
  };
  return (
    <main className="login">
      <h1>Holdfast</h1>
      <form className="form" onSubmit={submit}>
        <PasswordInput
          label="Key"
          description='As "holdfast keys add" has shown it'
          value={key}
          onChange={({ currentTarget }) => setKey(currentTarget.value)}
          error={problem}
          autoComplete="current-password"
        />
        <Button type="submit" size="sm" loading={isBusy} disabled={key.trim() === ''}>
          Log in
        </Button>
      </form>
      <p className="soft">
        On the machine of the server, <code>npx holdfast keys login</code> prints a link that lets this browser in.
      </p>
    </main>
  );
}
