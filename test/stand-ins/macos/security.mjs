// A stand-in for /usr/bin/security of macOS, as far as generic passwords of the login keychain go. It follows Apple's source,
// Security-61901 (github.com/apple-oss-distributions/Security, SecurityTool/macOS): security.c for the command line and `-i`, readline.c,
// keychain_add.c, keychain_find.c, keychain_delete.c, keychain_show_info.c, keychain_lock.c, keychain_unlock.c, keychain_utilities.c.
//
// From the source: the options, the order of checks, the messages, the exit codes, the line rules, hex output, that a failing -U goes on
// to add, that `find … -w` says nothing when it may not read, that delete claims success whatever happened. Not from the source, and
// unverified: what securityd decides, so whether an update by a program that the item does not trust asks the person (here it does),
// and that a denied dialog is -25293. Other keychains than the login keychain, and commands about certificates and keys, are refused
// with exit code 99, which the real tool never gives.
import { readFileSync } from 'node:fs';
import { unveiled, veiled } from '../veil.mjs';
import { lines, words } from './command-line.mjs';
import { getopt } from './getopt.mjs';
import { allowed, items, keep, LOGIN, opened, STATUS } from './keychain.mjs';
import { change, logged, mac, notSimulated } from './mac.mjs';
import { attributesText, bufferText } from './security-text.mjs';

/** Every command in the order of the table: what is typed may be the beginning of a name, and the first that fits is taken. */
const NAMES = `help list-keychains list-smartcards default-keychain login-keychain create-keychain delete-keychain lock-keychain
  unlock-keychain set-keychain-settings set-keychain-password show-keychain-info dump-keychain create-keypair create-key-loop
  wait-for-notifications create-csr add-generic-password add-internet-password add-certificates find-generic-password
  delete-generic-password set-generic-password-partition-list find-internet-password delete-internet-password
  set-internet-password-partition-list find-key set-key-partition-list find-certificate find-identity delete-certificate
  delete-identity set-identity-preference get-identity-preference create-db export import export-smartcard cms install-mds
  add-trusted-cert remove-trusted-cert dump-trust-settings user-trust-settings-enable trust-settings-export trust-settings-import
  verify-cert authorize authorizationdb execute-with-privileges leaks error create-filevaultmaster-keychain smartcards
  translocate-policy-check translocate-status-check translocate-original-path requirement-evaluate filevault platformsso`.split(
  /\s+/,
);

const USAGE = 2;
const out = (text) => process.stdout.write(text);
const err = (text) => process.stderr.write(text);
const error = (text) => err(`security: ${text}\n`);

/** Prints what went wrong with a call of the framework and gives its status. */
function failed(call, status) {
  error(`${call}: ${STATUS[status][1]}`);
  return STATUS[status][0];
}

const ATTRIBUTES = { a: 'account', c: 'creator', C: 'type', D: 'kind', G: 'generic', j: 'comment', l: 'label', s: 'service' };

/** Attributes among the options; null for one that the tool answers with its usage. */
function attributes(options) {
  const found = {};
  for (const { name, value } of options) {
    if (name in ATTRIBUTES) found[ATTRIBUTES[name]] = value;
    else if (name === '?' || name === 'h') return null;
  }
  return found;
}

/** The first match. Account and service together are the primary key, and then nothing else counts. */
function first(list, { account, service, ...rest }) {
  const primary = account !== undefined && service !== undefined;
  const wanted = Object.entries({ account, service, ...(primary ? {} : rest) }).filter(([, value]) => value !== undefined);
  return list.find((item) => wanted.every(([name, value]) => item[name] === value));
}

function loginOnly(operands) {
  const other = operands.find((one) => ![LOGIN, 'login.keychain', 'login.keychain-db'].includes(one));
  if (other !== undefined) notSimulated(`the keychain ${other}`);
}

const COMMANDS = {
  'add-generic-password'(args) {
    const { options, operands } = getopt(args, ':a:c:C:D:G:j:l:s:p:w:X:UAT:h');
    let data;
    let update = false;
    let trusted = null;
    for (const { name, value, option } of options) {
      if (name === 'p' || name === 'w') data = Buffer.from(value);
      else if (name === 'U') update = true;
      else if (name === 'A') trusted = 'any';
      else if (name === 'T') {
        if (trusted !== 'any') trusted = [...(trusted ?? []), ...(value === '' ? [] : [value])];
      } else if (name === 'X') {
        if (!/^[0-9a-fA-F]*$/.test(value)) {
          error('Unable to convert password data (-X must specify valid hex digits)');
          return USAGE;
        }
        data = Buffer.from(value.length % 2 === 0 ? value : `0${value}`, 'hex');
      } else if (name === ':' && (option === 'w' || option === 'p')) notSimulated('a password that is asked for on the terminal');
      else if (name === '?' || name === ':' || name === 'h') return USAGE;
    }
    const given = attributes(options);
    if (given === null || given.account === undefined || given.service === undefined) return USAGE;
    if (operands.length > 1 || operands[0] === '') return USAGE;
    loginOnly(operands);
    const all = { ...given, label: given.label ?? given.service };
    return (update ? updated(all, data, trusted) : null) ?? added(all, data ?? Buffer.alloc(0), trusted, operands[0]);
  },

  'find-generic-password'(args) {
    const { options, operands, trouble } = getopt(args, 'ha:c:C:D:G:j:l:s:wg');
    for (const one of trouble) error(one);
    const given = attributes(options);
    if (given === null) return USAGE;
    loginOnly(operands);
    const item = first(items() ?? [], given);
    if (item === undefined) return failed('SecKeychainSearchCopyNext', 'itemNotFound');
    const only = options.some(({ name }) => name === 'w');
    const withValue = only || options.some(({ name }) => name === 'g');
    if (withValue) {
      const refused = allowed(item, 'read');
      if (refused !== null) return STATUS[refused][0];
    }
    const value = unveiled(item.data);
    if (only) {
      const printable = value.every((byte) => byte >= 0x20 && byte <= 0x7e);
      out(`${printable ? value.toString('latin1') : value.toString('hex')}\n`);
    } else {
      out(attributesText(item, LOGIN));
      if (withValue) err(`password: ${bufferText(value)}\n`);
    }
    return 0;
  },

  'delete-generic-password'(args) {
    const { options, operands, trouble } = getopt(args, 'ha:c:C:D:G:j:l:s:g');
    for (const one of trouble) error(one);
    if (options.some(({ name }) => name === 'g')) return USAGE;
    const given = attributes(options);
    if (given === null || Object.keys(given).length === 0) return USAGE;
    loginOnly(operands);
    const item = first(items() ?? [], given);
    if (item === undefined) return failed('SecKeychainSearchCopyNext', 'itemNotFound');
    out(attributesText(item, LOGIN));
    const refused = opened();
    if (refused === null) keep((items() ?? []).filter((one) => one.account !== item.account || one.service !== item.service));
    err('password has been deleted.\n');
    return refused === null ? 0 : STATUS[refused][0];
  },

  'show-keychain-info'(args) {
    const { options, operands } = getopt(args, 's');
    if (options.some(({ name }) => name === '?') || operands.length > 1) return USAGE;
    loginOnly(operands);
    const name = operands[0] ?? '<NULL>';
    const refused = opened();
    if (refused !== null) return failed(`SecKeychainCopySettings ${name}`, refused);
    err(`Keychain "${name}" no-timeout\n`);
    return 0;
  },

  'lock-keychain'(args) {
    const { options, operands } = getopt(args, 'ah');
    if (options.some(({ name }) => name !== 'a') || operands.length > (options.length > 0 ? 0 : 1)) return USAGE;
    loginOnly(operands);
    change((state) => void Object.assign(state, { locked: true }));
    return 0;
  },

  'unlock-keychain'(args) {
    const { options, operands } = getopt(args, 'hp:u');
    if (options.some(({ name }) => name === '?' || name === 'h') || operands.length > 1) return USAGE;
    loginOnly(operands);
    const password = options.find(({ name }) => name === 'p')?.value;
    if (password === undefined) notSimulated('a keychain password that is asked for on the terminal');
    if (password !== (mac().password ?? 'test-login'))
      return failed(`SecKeychainUnlock ${operands[0] ?? '<NULL>'}`, 'authFailed');
    change((state) => void Object.assign(state, { locked: false }));
    return 0;
  },

  'default-keychain': (args) => path(args, 'SecKeychainCopyDomainDefault'),
  'login-keychain': (args) => path(args, 'SecKeychainCopyLogin'),

  'list-keychains'(args) {
    if (args.length > 0) notSimulated('list-keychains with options');
    out(`    "${LOGIN}"\n    "/Library/Keychains/System.keychain"\n`);
    return 0;
  },

  help(args) {
    if (args.length > 0) notSimulated('help about one command');
    for (const name of NAMES) out(`    ${name.padEnd(17)} …\n`);
    return 0;
  },
};

function path(args, call) {
  if (args.length > 0) notSimulated('setting a keychain');
  if (items() === null) return failed(call, 'noDefaultKeychain');
  out(`    "${LOGIN}"\n`);
  return 0;
}

/** `-U`: 0 when there was one to change; null goes on to add, whatever the reason. */
function updated(given, data, trusted) {
  const list = items() ?? [];
  const item = first(list, given);
  if (item === undefined) return null;
  const refused = allowed(item, 'change');
  if (refused !== null) {
    failed('SecKeychainItemModifyContent', refused);
    return null;
  }
  Object.assign(item, given, data === undefined ? {} : { data: veiled(data) }, { modified: new Date().toISOString() });
  keep(list);
  if (trusted === null) return 0;
  // The change of access prompts even when nothing changes.
  const access = allowed({ ...item, trusted: [] }, 'change the access of');
  if (access !== null) {
    failed('SecKeychainItemSetAccess', access);
    return null;
  }
  keep(list.map((one) => (one === item ? { ...item, trusted } : one)));
  return 0;
}

function added(given, data, trusted, keychain = '<default>') {
  const list = items();
  const call = `SecKeychainItemCreateFromContent (${keychain})`;
  if (list === null) return failed(call, 'noDefaultKeychain');
  const refused = opened();
  if (refused !== null) return failed(call, refused);
  if (list.some(({ account, service }) => account === given.account && service === given.service)) {
    return failed(call, 'duplicateItem');
  }
  const now = new Date().toISOString();
  // By default the program that makes an item may read it: this one, not the one that started it.
  keep([...list, { ...given, data: veiled(data), trusted: trusted ?? ['/usr/bin/security'], created: now, modified: now }]);
  return 0;
}

function execute([name, ...args], verbose) {
  if (name === undefined) return 0;
  const full = NAMES.find((one) => one.startsWith(name));
  if (full === undefined) {
    error(`unknown command "${name}"`);
    return 1;
  }
  if (verbose) err(`${full}${args.map((one) => ` "${one}"`).join('')}\n`);
  const command = COMMANDS[full] ?? notSimulated(`security ${full}`);
  const result = command(args);
  if (result === USAGE) err(`Usage: ${full} …\n`);
  return result;
}

function main() {
  const argv = logged('security', process.argv.slice(2));
  const { options, operands } = getopt(argv, 'hilp:qvR');
  const has = (name) => options.some((one) => one.name === name);
  if (has('?')) return usage();
  if (has('l') || has('R')) notSimulated('-l or -R');
  if (has('h')) return COMMANDS.help(operands);
  if (operands.length > 0) return execute(operands, has('v'));
  if (!has('i') && !has('p')) return usage();
  let result = 0;
  for (const line of lines(readFileSync(0))) {
    const command = words(line);
    result = execute(command, has('v'));
    if (result !== 0 && !has('q')) err(`${command[0]}: returned ${result}\n`);
  }
  return result;
}

function usage() {
  out('Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command] [opt ...]\n');
  return USAGE;
}

process.exitCode = main() & 0xff;
