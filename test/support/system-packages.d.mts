import type packages from './system-packages.json';

export type SystemCommand = keyof typeof packages;

export interface SystemPackage {
  readonly package: string;
  /** What tests use it for. */
  readonly for: string;
  /** The only suite that needs it; default: several do. */
  readonly suite?: string;
  /** The program's path in the package, where it is only taken out and the package not installed. */
  readonly unpacked?: string;
}

export const PACKAGES: Readonly<Record<SystemCommand, SystemPackage>>;
export const UNPACKED: string;
/** The absolute path of a command on PATH, or where only root's leads; null when it is not there. */
export function findCommand(name: string): string | null;
/**
 * The Debian packages that are missing for these commands.
 * @param wanted default: all that any test uses
 * @returns sorted, each once; empty when everything is here
 */
export function missingPackages(wanted?: readonly SystemCommand[]): string[];
