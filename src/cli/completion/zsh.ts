import { shellWord } from '../../platform/shell.ts';
import type { CommandGrammar, FlagGrammar, Grammar, Place } from './grammar.ts';

/** For zsh, to be sourced or put into a folder of `fpath` as `_codex-link`. */
export function zshCompletion({ commands, flags, valued }: Grammar): string {
  return `#compdef codex-link
# codex-link completion zsh: put this into ~/.zshrc, after compinit
#   source <(codex-link completion zsh)
_codex-link() {
  local curcontext=$curcontext state line command='' skip=no ret=1
  local -A opt_args
  integer index
  for ((index = 2; index < CURRENT; index++)); do
    if [[ $skip == yes ]]; then
      skip=no
    elif [[ $words[index] != -* ]]; then
      command=$words[index]
      break
    else
      case $words[index] in
        ${valued.join('|')}) skip=yes ;;
      esac
    fi
  done
  if [[ -z $command ]]; then
    _arguments -C ${flags.map(spec).join(' ')} '1:command:->command' && ret=0
    if [[ $state == command ]]; then
      local -a commands=(
${commands.map(({ name, summary }) => `        ${shellWord(`${name}:${summary}`)}`).join('\n')}
      )
      _describe -t commands command commands && ret=0
    fi
    return ret
  fi
  # From here on the command is the program, because both have flags of the same names.
  words=("\${(@)words[index,-1]}")
  ((CURRENT -= index - 1))
  curcontext="\${curcontext%:*:*}:codex-link-$command:"
  case $command in
${commands.map(command).join('\n')}
  esac
  return ret
}
if [[ $funcstack[1] == _codex-link ]]; then
  _codex-link "$@"
else
  compdef _codex-link codex-link
fi
`;
}

function command({ name, flags, operands, repeats }: CommandGrammar): string {
  const places = operands.map((place, index) => {
    const position = repeats && index === operands.length - 1 ? '*' : String(index + 1);
    return shellWord(`${position}${values(place)}`);
  });
  return `    ${name}) _arguments ${[...flags.map(spec), ...places].join(' ')} && ret=0 ;;`;
}

/** One argument of \`_arguments\`, or several that the shell makes of a brace. */
function spec({ name, short, summary, value, repeatable }: FlagGrammar): string {
  const text = `[${summary.replaceAll(/[\\[\]]/g, (sign) => `\\${sign}`)}]${value === null ? '' : values(value)}`;
  const equals = value === null ? '' : '=';
  const star = repeatable ? '*' : '';
  if (short === null) return shellWord(`${star}--${name}${equals}${text}`);
  const once = repeatable ? `'*'` : `'(-${short} --${name})'`;
  return `${once}{-${short}${value === null ? '' : '+'},--${name}${equals}}${shellWord(text)}`;
}

function values({ name, words, file }: Place): string {
  return `:${name.replaceAll(/[:\\]/g, (sign) => `\\${sign}`)}:${file ? '_files' : words.length > 0 ? `(${words.join(' ')})` : ' '}`;
}
