/** A TOML value as codex-link states it. Dates never occur among the managed keys. */
export type TomlValue = string | number | bigint | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };
