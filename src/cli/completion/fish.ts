import type { CommandGrammar, FlagGrammar, Grammar, Place } from './grammar.ts';

/** For fish, to be sourced or put into `~/.config/fish/completions/codex-link.fish`. */
export function fishCompletion({ commands, flags, valued }: Grammar): string {
  return `# codex-link completion fish: put this into ~/.config/fish/completions/codex-link.fish
#   codex-link completion fish > ~/.config/fish/completions/codex-link.fish
# True while the command (empty: none yet) and, where given, this many operands stand before the cursor.
function __codex_link_at --argument-names command count
    set -l words (commandline -opc)
    set -e words[1]
    set -l operands
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
        else if contains -- $word ${valued.join(' ')}
            set skip yes
        else if not string match -q -- '-*' $word
            set -a operands $word
        end
    end
    test "$operands[1]" = "$command"; or return 1
    test -z "$count"; or test (count $operands) -eq (math $count + 1)
end
complete -c codex-link -f
${flags.map((flag) => flagLine('', flag)).join('\n')}
${commands.map(({ name, summary }) => `complete -c codex-link -n '__codex_link_at ""' -a ${name} -d ${quoted(summary)}`).join('\n')}
${commands.flatMap((one) => [...one.flags.map((flag) => flagLine(one.name, flag)), ...operands(one)]).join('\n')}
`;
}

function operands({ name, operands: places, repeats }: CommandGrammar): string[] {
  return places.flatMap((place, index) => {
    const count = repeats && index === places.length - 1 ? '' : ` ${index}`;
    return place.words.length === 0 && !place.file
      ? []
      : [`complete -c codex-link -n '__codex_link_at ${name}${count}' ${given(place)}`];
  });
}

function flagLine(command: string, { name, short, summary, value }: FlagGrammar): string {
  const where = `-n '__codex_link_at ${command === '' ? '""' : command}'`;
  const spelled = `-l ${name}${short === null ? '' : ` -s ${short}`}`;
  const follows = value === null ? '' : ` ${value.file ? '-r' : '-x'} ${given(value)}`.trimEnd();
  return `complete -c codex-link ${where} ${spelled}${follows} -d ${quoted(summary)}`;
}

function given({ words, file }: Place): string {
  return [...(file ? ['-F'] : []), ...(words.length > 0 ? [`-a ${quoted(words.join(' '))}`] : [])].join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, (sign) => `\\${sign}`)}'`;
}
