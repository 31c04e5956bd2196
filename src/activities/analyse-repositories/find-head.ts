/** Owns which commit of a repository is analysed, and what an empty or broken HEAD means. */
import { JobError } from '../../contract/errors.ts';
import { isCommitId } from './clone.ts';
import { type GitPlace, gitText } from './git-process.ts';

export interface Head {
  /** Absent: the branch of HEAD has no commit yet. */
  readonly commit: string | undefined;
  /** Absent: HEAD is detached, or a ref was asked for. */
  readonly branch: string | undefined;
  readonly isShallow: boolean;
  readonly objectFormat: string;
}

/**
 * The commit that `ref` names, or that of HEAD.
 * @throws JobError `source-unreadable` when `ref` names none, or HEAD names a commit that is not there
 */
export async function findHead(place: GitPlace, ref: string | undefined): Promise<Head> {
  const facts = await gitText(place, ['rev-parse', '--is-shallow-repository', '--show-object-format']);
  const [isShallow, objectFormat = 'sha1'] = facts.split('\n');
  const found = ref === undefined ? await commitOfHead(place) : { commit: await commitOfRef(place, ref), branch: undefined };
  return { ...found, isShallow: isShallow === 'true', objectFormat };
}

async function commitOfHead(place: GitPlace): Promise<Pick<Head, 'commit' | 'branch'>> {
  const symbolic = await gitText(place, ['symbolic-ref', '--quiet', 'HEAD'], { mayFindNothing: true });
  const branch = symbolic === '' ? undefined : symbolic.replace(/^refs\/heads\//, '');
  const commit = await commitNamed(place, 'HEAD');
  if (commit !== undefined) return { commit, branch };
  const isUnborn = symbolic !== '' && (await gitText(place, ['for-each-ref', '--count=1', '--format=%(objectname)', symbolic])) === '';
  if (isUnborn) return { commit: undefined, branch };
  throw new JobError('source-unreadable', 'HEAD of the repository names a commit that is not there.');
}

/** As git does for a branch or tag, branch first; a short commit id is not looked for, since it may be a name as well. */
async function commitOfRef(place: GitPlace, ref: string): Promise<string> {
  const names = isCommitId(ref) ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/remotes/origin/${ref}`];
  for (const name of ref.startsWith('refs/') ? [ref] : names) {
    const commit = await commitNamed(place, name);
    if (commit !== undefined) return commit;
  }
  throw new JobError('source-unreadable', `The repository has no branch, tag or commit "${ref}".`, { details: { ref } });
}

/** `name` is HEAD, a full commit id or begins with `refs/`: never an option. */
async function commitNamed(place: GitPlace, name: string): Promise<string | undefined> {
  const options = { mayFindNothing: true };
  return (await gitText(place, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], options)) || undefined;
}
