/** Which system programs the tests can use here, and what belongs together. The list itself is system-packages.json. */
import type { SystemCommand } from './system-packages.mjs';

export { findCommand, missingPackages, type SystemCommand } from './system-packages.mjs';

/** What a real Secret Service needs. */
export const KEYRING_COMMANDS: readonly SystemCommand[] = ['secret-tool', 'gnome-keyring-daemon', 'dbus-daemon', 'dbus-send'];

/** What a Windows under Wine needs. */
export const WINE_COMMANDS: readonly SystemCommand[] = ['wine', 'x86_64-w64-mingw32-gcc'];

/** What a real cron daemon of a test's own needs, besides being root. */
export const CRON_COMMANDS: readonly SystemCommand[] = ['crontab', 'unshare', 'nsenter'];

/** What a real user manager of systemd of a test's own needs, besides being root. */
export const SYSTEMD_COMMANDS: readonly SystemCommand[] = ['systemctl', 'systemd-analyze', 'unshare'];

/** What a real password store needs. */
export const PASS_COMMANDS: readonly SystemCommand[] = ['pass', 'gpg', 'git'];

/** What hosts that Ansible reaches need, besides being root. */
export const HOST_COMMANDS: readonly SystemCommand[] = ['ansible-playbook', 'sshd', 'ssh-keygen', 'useradd', 'ip'];
