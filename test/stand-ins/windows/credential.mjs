// A stand-in for our own program that reaches the Credential Manager (src/credential/credential.ts), which runs on Windows only; that one
// is tested under Wine, whose Credential Manager is real. Same words, same exit codes, same limit of 1,280 UTF-16 units.
import { readFileSync } from 'node:fs';
import { unveiled, veiled } from '../veil.mjs';
import { change, logged, pc, refuse } from './pc.mjs';

const [verb, service, account, ...rest] = logged('codex-link-credential', process.argv.slice(2));
const known = verb === 'check' ? service === undefined : ['read', 'write', 'remove'].includes(verb) && service && account;
if (!known || rest.length > 0) refuse(64, 'usage: credential.js check | read|write|remove SERVICE ACCOUNT');
if (pc().noModule) refuse(3, 'the optional package @napi-rs/keyring-win32-x64-msvc cannot be loaded: Cannot find module');
const item = `${account}.${service}`;
if (verb === 'read') {
  const value = pc().credentials[item];
  if (value === undefined) process.exitCode = 1;
  else process.stdout.write(unveiled(value).toString());
}
if (verb === 'write') {
  const value = readFileSync(0, 'utf8');
  if (!/^[ -~]+$/.test(value)) refuse(2, 'the value is not printable ASCII on one line');
  if (value.length > 1280) refuse(2, 'the value is longer than 1280 characters');
  change((state) => {
    state.credentials[item] = veiled(value);
  });
}
if (verb === 'remove') {
  const was = change((state) => {
    const there = state.credentials[item] !== undefined;
    delete state.credentials[item];
    return there;
  });
  process.exitCode = was ? 0 : 1;
}
