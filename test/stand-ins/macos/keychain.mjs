// The login keychain of the stand-in `security`: Library/Keychains/login.keychain-db below HOME. The real file is an encrypted database;
// this one is JSON whose values are made unreadable, so that a search for a leaked token finds leaks and not the keychain.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { change, HOME, mac } from './mac.mjs';

export const LOGIN = join(HOME, 'Library/Keychains/login.keychain-db');

/** OSStatus values (SecBase.h) and what the tool says for them. */
export const STATUS = {
  userCanceled: [-128, 'User canceled the operation.'],
  authFailed: [-25293, 'The user name or passphrase you entered is not correct.'],
  noSuchKeychain: [-25294, 'The specified keychain could not be found.'],
  duplicateItem: [-25299, 'The specified item already exists in the keychain.'],
  itemNotFound: [-25300, 'The specified item could not be found in the keychain.'],
  noDefaultKeychain: [-25307, 'A default keychain could not be found.'],
  interactionNotAllowed: [-25308, 'User interaction is not allowed.'],
};

/** The items, oldest first; each {account, service, label, …, data, trusted, created, modified}. Null: there is no login keychain. */
export function items() {
  if (mac().noKeychain) return null;
  try {
    return JSON.parse(readFileSync(LOGIN, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

export function keep(list) {
  mkdirSync(dirname(LOGIN), { recursive: true });
  writeFileSync(`${LOGIN}.new`, JSON.stringify(list, null, 2), { mode: 0o600 });
  renameSync(`${LOGIN}.new`, LOGIN);
}

/**
 * What comes of a question to the person: a status, or null when it was granted. Without a graphical session there is no dialog at all.
 * Every one is counted, because a program for schedulers must not cause any.
 */
function ask(about) {
  const { session, dialog } = mac();
  if (session !== 'aqua') return 'interactionNotAllowed';
  change((state) => void state.dialogs.push(about));
  if (dialog === 'wait') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
  if (dialog === 'allow') return null;
  return dialog === 'deny' ? 'authFailed' : 'userCanceled';
}

/** Null when the keychain is open, or has just been opened by the person. */
export function opened() {
  if (!mac().locked) return null;
  const refused = ask('unlock the login keychain');
  if (refused === null) change((state) => void Object.assign(state, { locked: false }));
  return refused;
}

/** Null when the tool may touch the value of the item. */
export function allowed(item, action) {
  const refused = opened();
  if (refused !== null) return refused;
  return item.trusted === 'any' || item.trusted.includes('/usr/bin/security') ? null : ask(`${action} ${item.service}`);
}
