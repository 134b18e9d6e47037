/** The scripts that run codex-link, below integrations. */
export const SCRIPTS: readonly string[];
/** The names of the files that are not as they should be; writes them unless `check`. */
export function bringUpToDate(options: { readonly check: boolean }): string[];
