import type { CommandGrammar, FlagGrammar, Grammar, Place } from './grammar.ts';
import { spellings } from './grammar.ts';

/** For PowerShell from 5.1 on. Written after its documentation of `Register-ArgumentCompleter -Native`; not tried with a real one. */
export function pwshCompletion({ commands, flags, valued }: Grammar): string {
  return `# codex-link completion pwsh: put this into your $PROFILE
#   codex-link completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName codex-link -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $valued = ${list(valued)}
  $global = ${list(flags.map((one) => `--${one.name}`))}
  $values = @{
${[...flags.flatMap((flag) => flagValues('', flag)), ...commands.flatMap(({ name, flags: own }) => own.flatMap((flag) => flagValues(name, flag)))].join('\n')}
  }
  $flags = @{
${commands.map(({ name, flags: own }) => `    ${quoted(name)} = ${list(own.map((one) => `--${one.name}`))}`).join('\n')}
  }
  $operands = @{
    ' 0' = ${list(commands.map(({ name }) => name))}
${commands.flatMap(operandWords).join('\n')}
  }
  $command = ''
  $flag = ''
  $count = 0
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.Extent.Text
    if ($flag -ne '') { $flag = '' }
    elseif ($word.StartsWith('-')) { if ($valued -ccontains $word) { $flag = $word } }
    elseif ($command -eq '') { $command = $word }
    else { $count++ }
  }
  if ($flag -ne '') { $words = $values["$command $flag"] }
  elseif ($wordToComplete.StartsWith('-')) { $words = if ($command -eq '') { $global } else { $flags[$command] } }
  else { $words = $operands["$command $count"] }
  @($words) | Where-Object { $_ -and $_.StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}

/** Of a path nothing is listed: PowerShell then completes paths by itself. */
function flagValues(command: string, flag: FlagGrammar): string[] {
  const { value } = flag;
  return value === null || value.words.length === 0
    ? []
    : spellings(flag).map((spelling) => entry(`${command} ${spelling}`, value));
}

function operandWords({ name, operands }: CommandGrammar): string[] {
  return operands.flatMap((place, index) => (place.words.length === 0 ? [] : [entry(`${name} ${index}`, place)]));
}

function entry(key: string, { words }: Place): string {
  return `    ${quoted(key)} = ${list(words)}`;
}

function list(words: readonly string[]): string {
  return `@(${words.map(quoted).join(', ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
