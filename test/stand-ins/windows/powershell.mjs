// A stand-in for powershell.exe. It is no PowerShell: it knows the scripts that codex-link sends, letter for letter, and reads from a
// helper script which item or file that looks up. Everything else is refused, so that a script that changes has to be looked at here.
// How PowerShell is started follows Microsoft's about_PowerShell_exe: with -File a failure of the script is exit code 1; with a policy
// that forbids scripts, which is the default of Windows, -File needs -ExecutionPolicy Bypass. That the scripts are PowerShell at all is
// shown by nothing here: a grammar of it (tree-sitter) takes them, a real one has not run them.
import { existsSync, readFileSync } from 'node:fs';
import { unveiled } from '../veil.mjs';
import { appProcesses, change, HOME, logged, notSimulated, pc, print, refuse } from './pc.mjs';

const LIST =
  "Get-Process -Name ChatGPT,Codex -ErrorAction SilentlyContinue | Where-Object { $_.Path -like '*\\WindowsApps\\OpenAI.Codex_*' }";
const ANNOUNCE = "[Environment]::SetEnvironmentVariable('CODEX_LINK_ANNOUNCES', $null, 'User')";

const [first, second, ...rest] = logged('powershell', process.argv.slice(2));
if (first !== '-NoProfile' || second !== '-NonInteractive') notSimulated(`powershell ${first} ${second}`);
if (rest[0] === '-Command' && rest.length === 2) command(rest[1]);
else if (rest.slice(0, 3).join(' ') === '-ExecutionPolicy Bypass -File' && rest.length === 4) script(rest[3]);
else if (rest[0] === '-File') refuse(1, 'File cannot be loaded because running scripts is disabled on this system.');
else notSimulated(`powershell ${rest.join(' ')}`);

function command(text) {
  if (text === ANNOUNCE) {
    change((state) => {
      state.broadcasts += 1;
    });
  } else if (text === `${LIST} | ForEach-Object { '{0} {1}' -f $_.Id, $_.Path }; 'end'`) {
    print(...appProcesses(pc()).map(({ pid, path }) => `${pid} ${path}`), 'end');
  } else if (text === `${LIST} | ForEach-Object { [void] $_.CloseMainWindow() }`) {
    change(({ app }) => {
      if (app !== null && !app.refuses) app.closed ??= Date.now();
    });
  } else if (/^\(Get-Process -Id \d+\)\.Path$/.test(text)) {
    const path = pc().paths?.[/\d+/.exec(text)[0]];
    if (path !== undefined) print(path); // of somebody else's process the path is empty
  } else notSimulated(`the script ${text}`);
}

/** Plays the helper. */
function script(path) {
  if (!path.endsWith('.ps1')) refuse(1, `Processing -File '${path}' failed because the file does not have a '.ps1' extension.`);
  if (!existsSync(path)) refuse(1, `The argument '${path}' to the -File parameter does not exist.`);
  const bytes = readFileSync(path);
  if (bytes.some((byte) => byte > 0x7e)) notSimulated('a script that is not ASCII, whose meaning depends on the country');
  const lines = bytes.toString('latin1').split('\r\n');
  if (!lines.includes("$ErrorActionPreference = 'Stop'")) notSimulated('a script that is not our helper');
  const fail = (why) => refuse(1, `cliproxy-token: ${why}`);
  const expression = (name) => lines.find((line) => line.startsWith(`$${name} = `))?.slice(name.length + 4);
  const [target, file] = [expression('target'), expression('file')];
  let token;
  if (target !== undefined && lines.some((line) => line.includes('EntryPoint = "CredReadW"'))) {
    const held = pc().credentials[text(target)];
    if (held === undefined) fail(`there is no item ${text(target)} in the Credential Manager: run codex-link apply`);
    token = unveiled(held).toString();
  } else if (file !== undefined && lines.includes('$token = [IO.File]::ReadAllText($file).TrimEnd([char] 10)')) {
    if (!existsSync(text(file))) fail(`there is no token in ${text(file)}: run codex-link apply`);
    token = readFileSync(text(file), 'utf8').replace(/\n+$/, '');
  } else notSimulated('a helper that looks elsewhere');
  if (!/^[!-~]+$/.test(token)) fail('the stored token is not one line of printable characters: run codex-link apply');
  process.stdout.write(`${token}\n`);
}

/** The value of an expression of words in single quotes, characters by number, and what is known of the user, added up. */
function text(expression) {
  const part = /\s*\+?\s*(?:'((?:[^']|'')*)'|\[char\] 0x([0-9a-f]{4})|(\$HOME)|(\[Environment\]::UserName)|([()]))\s*/y;
  let value = '';
  while (part.lastIndex < expression.length) {
    const [, word, code, home, user] = part.exec(expression) ?? notSimulated(`the expression ${expression}`);
    if (word !== undefined) value += word.replaceAll("''", "'");
    if (code !== undefined) value += String.fromCharCode(Number.parseInt(code, 16));
    if (home !== undefined) value += HOME;
    if (user !== undefined) value += process.env.USERNAME ?? process.env.USER ?? 'tester';
  }
  return value;
}
