/** Owns `holdfast completion`: scripts for shells, made of the commands themselves. */
import type { Command } from 'commander';
import type { Host } from './host.ts';
import { knownContracts } from './known-contracts.ts';

/** What may follow the words of a command. */
interface Place {
  /** `''` at the top, `add`, `keys add`. */
  readonly path: string;
  /** Commands, options, job types. */
  readonly words: readonly string[];
  /** Values by the option that takes them. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/** Prints the script of a shell. */
export async function completion(shell: 'bash' | 'zsh', program: Command, host: Host): Promise<number> {
  // What is wrong with a config is told by the commands that need it.
  const contracts = await knownContracts(undefined, host.cwd).catch(() => []);
  const places = placesOf(program, contracts.map(({ name }) => name).toSorted());
  host.out.write(shell === 'bash' ? bashScript(places) : zshScript(places));
  return 0;
}

function placesOf(command: Command, types: readonly string[], path = ''): readonly Place[] {
  const { options, commands } = command;
  const values = options.flatMap(({ long, argChoices }) => (long && argChoices !== undefined ? [[long, argChoices] as const] : []));
  const own: Place = {
    path,
    words: [
      ...commands.map((one) => one.name()),
      ...(path === 'add' ? types : []),
      ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
      ...options.flatMap(({ long }) => long ?? []),
      '--help',
    ],
    values: Object.fromEntries([...values, ...(options.some(({ long }) => long === '--type') ? [['--type', types] as const] : [])]),
  };
  return [own, ...commands.flatMap((one) => placesOf(one, types, path === '' ? one.name() : `${path} ${one.name()}`))];
}

/** A function that sets `completions` for the words before the cursor: the same in both shells. */
function wordsFunction(places: readonly Place[]): string {
  const values = places.flatMap((place) =>
    Object.entries(place.values).map(([option, allowed]) => `    '${place.path} ${option}') completions='${allowed.join(' ')}'; return ;;`),
  );
  const words = places.map((place) => `    '${place.path}') completions='${place.words.join(' ')}' ;;`);
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  return `_holdfast_words() {
  local path='' word=''
  completions=''
  for word in "$@"; do
    case "\${path:+$path }$word" in
      ${paths.join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $word" in
${values.join('\n')}
  esac
  case "$path" in
${words.join('\n')}
  esac
}
`;
}

function bashScript(places: readonly Place[]): string {
  return `# Completion of holdfast for bash.
${wordsFunction(places)}
_holdfast() {
  local completions
  _holdfast_words "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  COMPREPLY=($(compgen -W "$completions" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _holdfast holdfast
`;
}

function zshScript(places: readonly Place[]): string {
  return `#compdef holdfast
# Completion of holdfast for zsh.
${wordsFunction(places)}
_holdfast() {
  local typed=("\${words[@]:1:$((CURRENT - 2))}") completions
  _holdfast_words "$typed[@]"
  compadd -- \${=completions} || _files
}
compdef _holdfast holdfast
`;
}
