/** Owns the dialog before an act that cannot be undone or touches many: it says what will happen, to how many, and what will not. */
import { Button, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';

export interface Question {
  readonly title: string;
  readonly body: ReactNode;
  /** The harmless button: `Keep running`. */
  readonly keep: string;
  /** The other one, with verb and number: `Cancel job`. */
  readonly go: string;
  /** Red: data or work is lost. */
  readonly isLoss?: boolean;
  /** Asks for a reason that others see. */
  readonly hasReason?: boolean;
  /** Has to be typed. */
  readonly typed?: string;
  readonly onGo: (reason: string | undefined) => Promise<unknown>;
}

export function Confirm({ question, onClose }: { readonly question: Question | undefined; readonly onClose: () => void }) {
  return (
    <Modal
      opened={question !== undefined}
      onClose={onClose}
      title={<strong>{question?.title}</strong>}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {question !== undefined && <Asked question={question} onClose={onClose} />}
    </Modal>
  );
}

function Asked({ question, onClose }: { readonly question: Question; readonly onClose: () => void }) {
  const { body, keep, go, isLoss = false, hasReason = false, typed, onGo } = question;
  const [reason, setReason] = useState('');
  const [word, setWord] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await onGo(reason.trim() === '' ? undefined : reason.trim()).finally(onClose);
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <div>{body}</div>
      {hasReason && (
        <TextInput
          label="Reason"
          description="Others see it"
          maxLength={500}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
      )}
      {typed !== undefined && (
        <TextInput label={`Type ${typed} to go on`} value={word} onChange={({ currentTarget }) => setWord(currentTarget.value)} />
      )}
      <div className="head">
        <div className="push">
          <Button type="button" variant="default" onClick={onClose} data-autofocus>
            {keep}
          </Button>
          <Button type="submit" loading={isBusy} color={isLoss ? 'red' : 'indigo'} disabled={typed !== undefined && word.trim() !== typed}>
            {go}
          </Button>
        </div>
      </div>
    </form>
  );
}
