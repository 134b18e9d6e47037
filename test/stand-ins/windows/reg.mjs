// A stand-in for reg.exe: `query KEY`, `import FILE`, `delete KEY /v NAME /f` for the environment of the user and of everybody. It prints
// what Wine's reg.exe 8.0 prints, which is what the real one does (seen: four spaces between the parts of a value). It refuses a
// registry file that is not UTF-16 with a byte order mark and CRLF; the real one takes the old ANSI form, too. `delete` without /f would
// ask a question. `import` says on standard error that all went well, as the real one does.
import { readFileSync } from 'node:fs';
import { unveiled, veiled } from '../veil.mjs';
import { change, logged, notSimulated, pc, print, refuse } from './pc.mjs';

const USER = 'HKCU\\Environment';
const EVERYBODY = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
const NOT_FOUND = 'ERROR: The system was unable to find the specified registry key or value.';

const [verb, ...rest] = logged('reg', process.argv.slice(2));
const line = rest.join(' ');
if (verb === 'query' && (line === USER || line === EVERYBODY)) query(line);
else if (verb === 'import' && rest.length === 1) take(rest[0]);
else if (verb === 'delete' && rest[0] === USER && rest[1] === '/v' && rest.length >= 3) remove(rest[2], rest[3]);
else notSimulated(`reg ${verb} ${line}`);

function query(key) {
  const { environment } = pc();
  print('', key.replace('HKCU', 'HKEY_CURRENT_USER').replace('HKLM', 'HKEY_LOCAL_MACHINE'));
  if (key === EVERYBODY) print('    ComSpec    REG_EXPAND_SZ    %SystemRoot%\\system32\\cmd.exe');
  else
    for (const [name, { type, value }] of Object.entries(environment))
      print(`    ${name}    ${type}    ${unveiled(value).toString()}`);
  print('');
}

function take(path) {
  const bytes = readFileSync(path);
  if (bytes[0] !== 0xff || bytes[1] !== 0xfe) notSimulated('a registry file that is not UTF-16 with a byte order mark');
  const text = bytes.subarray(2).toString('utf16le');
  if (/[^\r]\n/.test(text)) notSimulated('a registry file without CRLF');
  const [header, blank, key, ...values] = text.split('\r\n');
  if (header !== 'Windows Registry Editor Version 5.00' || blank !== '') refuse(1, `ERROR: Error opening the file.`);
  if (key !== '[HKEY_CURRENT_USER\\Environment]') notSimulated(`the key ${key}`);
  change(({ environment }) => {
    for (const one of values.filter((value) => value !== '')) {
      const [, name, value] =
        /^"((?:[^"\\]|\\.)*)"="((?:[^"\\]|\\.)*)"$/.exec(one) ?? notSimulated(`a line of another form in ${path}`);
      const plain = (escaped) => escaped.replace(/\\(.)/g, '$1');
      for (const other of Object.keys(environment))
        if (other.toUpperCase() === plain(name).toUpperCase()) delete environment[other];
      environment[plain(name)] = { type: 'REG_SZ', value: veiled(plain(value)) };
    }
  });
  process.stderr.write('The operation completed successfully.\r\n');
}

function remove(name, force) {
  if (force !== '/f') notSimulated('reg delete without /f, which asks a question');
  const found = change(({ environment }) => {
    const there = Object.keys(environment).find((one) => one.toUpperCase() === name.toUpperCase());
    if (there !== undefined) delete environment[there];
    return there !== undefined;
  });
  if (!found) refuse(1, NOT_FOUND);
  print('The operation completed successfully.');
}
