import type { CommandGrammar, Grammar, Place } from './grammar.ts';
import { spellings } from './grammar.ts';

/**
 * For bash from 3.2 on, which macOS has, and without the package bash-completion. `--flag=value` comes as three words, because `=` ends
 * a word there.
 */
export function bashCompletion({ commands, flags, valued }: Grammar): string {
  return `# codex-link completion bash: put this into ~/.bashrc
#   source <(codex-link completion bash)
_codex_link() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command='' flag='' words='' files='' count=0 index word
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $flag ]]; then
      flag=''
    elif [[ $word == -* ]]; then
      case $word in
        ${valued.join('|')}) flag=$word ;;
      esac
    elif [[ -z $command ]]; then
      command=$word
    else
      count=$((count + 1))
    fi
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -n $flag ]]; then
    case "$command $flag" in
${[...new Set(commands.flatMap(flagValues))].join('\n')}
${flags.flatMap((one) => (one.value === null ? [] : spellings(one).map((spelling) => arm(`*" ${spelling}"`, one.value!)))).join('\n')}
    esac
  elif [[ $cur == -* ]]; then
    case $command in
      '') words='${flags.map((one) => `--${one.name}`).join(' ')}' ;;
${commands.map(({ name, flags: own }) => `      ${name}) words='${own.map((one) => `--${one.name}`).join(' ')}' ;;`).join('\n')}
    esac
  else
    case "$command $count" in
      ' 0') words='${commands.map(({ name }) => name).join(' ')}' ;;
${commands.flatMap(operands).join('\n')}
    esac
  fi
  COMPREPLY=()
  [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
  fi
}
complete -F _codex_link codex-link
`;
}

function flagValues({ name, flags }: CommandGrammar): string[] {
  return flags.flatMap((flag) =>
    flag.value === null ? [] : spellings(flag).map((spelling) => arm(`'${name} ${spelling}'`, flag.value!)),
  );
}

function operands({ name, operands: places, repeats }: CommandGrammar): string[] {
  return places.map((place, index) => arm(repeats && index === places.length - 1 ? `'${name} '*` : `'${name} ${index}'`, place));
}

function arm(pattern: string, { words, file }: Place): string {
  return `      ${pattern}) words='${words.join(' ')}'${file ? ' files=yes' : ''} ;;`;
}
