import type { CodeEntry } from './diagnostics.ts';

/** codex-link.yaml: finding it, reading it, its shape and its meaning. */
export const yamlCodes = {
  CL2001: {
    severity: 'error',
    summary: 'There is no codex-link.yaml.',
    explanation:
      'Without --file, codex-link looks for codex-link.yaml in the working folder and then in $XDG_CONFIG_HOME/codex-link (~/.config/codex-link). None of them holds one.',
    fix: 'Write a file codex-link.yaml that says `version: 1`, or name another one with `--file PATH`.',
  },
  CL2002: {
    severity: 'error',
    summary: 'The file that was named does not exist.',
    explanation: 'A path given with --file is taken as it is; no other place is searched.',
    fix: 'Correct the path after `--file`.',
  },
  CL2003: {
    severity: 'error',
    summary: 'The file cannot be read.',
    explanation:
      'The file is there, but the system refused to hand it out. An unreadable file is never treated as an absent one.',
    fix: 'Make the file readable for you, or name another with `--file PATH`.',
  },
  CL2004: {
    severity: 'error',
    summary: 'The path is not a file.',
    explanation: 'codex-link reads one YAML file, not a folder and not a device.',
    fix: 'Name the file itself, e.g. `--file FOLDER/codex-link.yaml`.',
  },
  CL2005: {
    severity: 'error',
    summary: 'The file is too large.',
    explanation: 'A desired state is a page of text. Files above 1 MiB are refused before they are parsed.',
    fix: 'Check that the path names codex-link.yaml and not something else.',
  },
  CL2006: {
    severity: 'error',
    summary: 'The file is not UTF-8.',
    explanation:
      'YAML files of codex-link are UTF-8, with or without a byte order mark. UTF-16, as some Windows editors write it, is not read.',
    fix: 'Save the file as UTF-8; an editor offers that when it saves.',
  },
  CL2007: {
    severity: 'error',
    summary: 'The file contains a control character.',
    explanation: 'YAML allows no control characters but tab and line ends. A NUL byte usually means a damaged or a UTF-16 file.',
    fix: 'Remove the character, or save the file anew as UTF-8.',
  },
  CL2008: {
    severity: 'error',
    summary: 'The file is empty.',
    explanation: 'The file holds nothing, or comments only. The smallest desired state is `version: 1`.',
    fix: 'Write `version: 1` into it.',
  },
  CL2009: {
    severity: 'error',
    summary: 'The file is not valid YAML.',
    explanation:
      'The parser could not make sense of the text from this place on. Only the first such place is told; the rest usually follows from it, and nothing else can be said about the file before.',
    fix: 'Correct the text at this place, then run `codex-link validate`.',
  },
  CL2010: {
    severity: 'error',
    summary: 'A tab is used as indentation.',
    explanation: 'YAML forbids tabs as indentation, because their width is not defined.',
    fix: 'Replace the tab with spaces.',
  },
  CL2011: {
    severity: 'error',
    summary: 'A key stands twice in the same map.',
    explanation: 'YAML wants the keys of a map to be unique. Parsers that allow repetition silently take one of the values.',
    fix: 'Remove one of the two.',
  },
  CL2012: {
    severity: 'error',
    summary: 'The file holds several YAML documents.',
    explanation: 'A line with `---` starts another document. codex-link reads exactly one per file.',
    fix: 'Keep one document; put the other into a file of its own and name it under `extends`.',
  },
  CL2013: {
    severity: 'error',
    summary: 'An alias cannot be resolved.',
    explanation:
      'An alias (*name) repeats the value that an anchor (&name) marked earlier in the same file. This one has no such anchor before it, or stands inside of it.',
    fix: 'Put the anchor before the alias, or write the value out.',
  },
  CL2014: {
    severity: 'error',
    summary: 'The aliases stand for too much.',
    explanation:
      'Aliases of aliases can multiply to billions of values. The file is refused when its aliases stand for more than 10,000.',
    fix: 'Write the values out where they are needed.',
  },
  CL2015: {
    severity: 'error',
    summary: 'A YAML tag is not understood.',
    explanation:
      'Tags such as !custom or !!js/function give a value a type that only other programs know. codex-link reads the plain types of YAML 1.2.',
    fix: 'Remove the tag.',
  },
  CL2016: {
    severity: 'error',
    summary: 'A key is not text.',
    explanation: 'All keys of codex-link.yaml are words. A number, true, null, a list or a map cannot be one.',
    fix: 'Use one of the keys that `codex-link schema` lists.',
  },
  CL2017: {
    severity: 'error',
    summary: 'The values are nested too deeply.',
    explanation: 'codex-link.yaml is at most a few levels deep. More than 50 levels are refused.',
    fix: 'Check the brackets and the indentation at this place.',
  },
  CL2018: {
    severity: 'error',
    summary: 'The file does not hold a map.',
    explanation: 'The top level of codex-link.yaml is a map that starts with `version: 1`.',
    fix: 'Start the file with `version: 1`.',
  },
  CL2019: {
    severity: 'error',
    summary: '`version` is missing.',
    explanation:
      'The version says how the rest of the file is to be read, so that a later codex-link never misreads an old file.',
    fix: 'Write `version: 1` as the first line.',
  },
  CL2020: {
    severity: 'error',
    summary: 'The version of the file is not understood.',
    explanation:
      'This codex-link understands version 1. A file with a later version needs a newer codex-link; what else is told about it may follow from that.',
    fix: 'Write `version: 1`, or install a newer codex-link.',
  },
  CL2021: {
    severity: 'error',
    summary: 'A key is unknown.',
    explanation: 'Unknown keys are refused, because a misspelt key would otherwise be ignored without a word.',
    fix: 'Use one of the keys that `codex-link schema` lists.',
  },
  CL2022: {
    severity: 'error',
    summary: 'A value has the wrong type.',
    explanation: 'The key wants another kind of value: text, a whole number, true or false, a list, or a map.',
    fix: 'Change the value; `codex-link schema` shows an example for every key.',
  },
  CL2023: {
    severity: 'error',
    summary: 'A value is none of the legal ones.',
    explanation: 'The key takes one of a few words.',
    fix: 'Write one of the legal words; `codex-link schema` lists them for every key.',
  },
  CL2024: {
    severity: 'error',
    summary: 'A key is missing.',
    explanation: 'The map cannot be understood without the key.',
    fix: 'Add the key; `codex-link schema` shows an example for every key.',
  },
  CL2025: {
    severity: 'error',
    summary: 'A value is malformed.',
    explanation: 'The value has the right type, but not the form or the range that the key wants.',
    fix: 'Change the value; `codex-link schema` shows an example for every key.',
  },
  CL2026: {
    severity: 'error',
    summary: 'A map needs exactly one of its keys.',
    explanation: 'The keys of this map are alternatives: exactly one of them says what is meant.',
    fix: 'Keep exactly one of the keys.',
  },
  CL2030: {
    severity: 'error',
    summary: 'A file named under `extends` does not exist.',
    explanation: 'Paths under `extends` are relative to the folder of the file that extends; a leading ~ is the home folder.',
    fix: 'Correct the path, or remove it from `extends`.',
  },
  CL2031: {
    severity: 'error',
    summary: 'Files extend each other in a circle.',
    explanation: 'A file cannot build on itself, not even through others.',
    fix: 'Remove one `extends` of the circle.',
  },
  CL2032: {
    severity: 'error',
    summary: 'Too many files extend each other.',
    explanation: 'A chain of `extends` may be 16 files long.',
    fix: 'Merge some of the files.',
  },
  CL2033: {
    severity: 'error',
    summary: 'An environment variable is not set.',
    explanation:
      '${env:NAME} stands for the value of an environment variable. A schedule runs without what a shell profile sets.',
    fix: 'Set the variable before running codex-link, or write the value out.',
  },
  CL2034: {
    severity: 'error',
    summary: 'A reference is not understood.',
    explanation: 'Text values may use ${env:NAME}, ${user}, ${home} and ${host}. A literal ${ is written $${.',
    fix: 'Use one of ${env:NAME}, ${user}, ${home} and ${host}, or write $${ for a literal ${.',
  },
  CL2035: {
    severity: 'error',
    summary: "A path starts in another user's home folder.",
    explanation: 'A leading ~ is the home folder of the user who runs codex-link. ~name, as the shell knows it, is not resolved.',
    fix: 'Write ~/… or an absolute path.',
  },
  CL2040: {
    severity: 'error',
    summary: 'A literal secret stands in the file.',
    explanation:
      'codex-link.yaml lives in repositories, backups and chat threads, so a key in it is a leaked key. The file names where the key comes from: ccs, keep, prompt, { env: NAME }, { file: PATH }, { command: [..] } or { generate: 32 }.',
    fix: 'Remove the value from the file and from its history, replace the key, and state `secret.source` instead.',
  },
  CL2050: {
    severity: 'error',
    summary: 'More than one account is the default.',
    explanation: 'CCS has one default account: the one that it uses first.',
    fix: 'Keep `default: true` with one account and write `default: false` with the others.',
  },
  CL2051: {
    severity: 'error',
    summary: 'An account is listed twice.',
    explanation: 'The email is the identity of an account; case does not matter.',
    fix: 'Merge the two entries.',
  },
  CL2052: {
    severity: 'error',
    summary: 'The default account is paused.',
    explanation: 'A paused account is out of the rotation, so that it cannot be the one that is used first.',
    fix: 'Make another account the default, or remove `paused: true`.',
  },
  CL2053: {
    severity: 'error',
    summary: 'Two accounts have the same name.',
    explanation:
      'CCS finds an account by its email or nickname, whatever the case, so nicknames must differ from each other and from all emails.',
    fix: 'Give one of the two another nickname.',
  },
  CL2054: {
    severity: 'error',
    summary: 'A variant is listed twice.',
    explanation: 'The name of a variant is its identity: CCS keeps one variant per name.',
    fix: 'Remove one of the two, or rename it.',
  },
  CL2060: {
    severity: 'error',
    summary: "The gateway's URL is not usable.",
    explanation:
      'gateway.url says scheme, host and port, nothing else. The path that Codex calls is provider.basePath, and a key never stands in a URL.',
    fix: 'Write it like `http://127.0.0.1:8317` or `https://gateway.example.com`.',
  },
  CL2061: {
    severity: 'error',
    summary: 'The gateway key would cross the network unencrypted.',
    explanation: 'Codex sends the key with every request. Plain http is fine on this machine only.',
    fix: 'Use https, or write `allowInsecure: true` under `gateway` where the network itself is trusted (a VPN, an SSH tunnel).',
  },
  CL2070: {
    severity: 'error',
    summary: 'Codex keeps this provider id for itself.',
    explanation:
      'openai, ollama, lmstudio, amazon-bedrock, amazon-bedrock-runtime and gcp are built in. Codex refuses a whole config.toml that defines one of them.',
    fix: 'Choose another id, like `cliproxy` or `codex-link`.',
  },
  CL2071: {
    severity: 'error',
    summary: '`keepChatgptFeatures` needs `auth: dotenv` or `auth: env`.',
    explanation:
      "requires_openai_auth = true without env_key makes Codex send the person's ChatGPT token to the gateway, and Codex refuses it together with a token helper.",
    fix: 'Write `auth: dotenv` under `provider`, or remove `keepChatgptFeatures`.',
  },
  CL2072: {
    severity: 'error',
    summary: '`portable` needs a helper inside $CODEX_HOME.',
    explanation:
      'A portable config.toml names the helper relative to its own folder (cwd "."). That works for a helper below $CODEX_HOME only, and only where Codex runs a helper at all.',
    fix: 'Use `auth: helper` and a helper.path inside $CODEX_HOME, or remove `portable`.',
  },
  CL2073: {
    severity: 'error',
    summary: 'A provider setting belongs to codex-link.',
    explanation: 'codex-link writes this field of the provider table itself, from a key of its own.',
    fix: "Remove it from `provider.settings` and use codex-link's own key.",
  },
  CL2074: {
    severity: 'error',
    summary: 'Codex knows no such provider setting.',
    explanation:
      'Codex ignores unknown fields with a warning, and refuses them with --strict-config. The list is that of Codex 0.169.',
    fix: 'Correct or remove the field.',
  },
  CL2075: {
    severity: 'error',
    summary: 'A provider setting has a value that Codex refuses.',
    explanation: 'Codex refuses the whole config.toml when one field has the wrong type.',
    fix: 'Change the value to the type that the message names.',
  },
  CL2076: {
    severity: 'error',
    summary: 'A provider setting is a second way to authenticate.',
    explanation: 'Codex refuses a provider that has aws or another login besides a token helper or env_key.',
    fix: 'Remove it from `provider.settings`.',
  },
  CL2080: {
    severity: 'error',
    summary: '`source: ccs` needs a gateway that CCS manages.',
    explanation: 'With `manager: none` somebody else made the gateway key, and CCS does not know it.',
    fix: 'Write `source: keep`, `source: prompt`, or a map like `source: { env: GATEWAY_KEY }`.',
  },
  CL2081: {
    severity: 'error',
    summary: '`secret.service` cannot be an environment variable.',
    explanation:
      'With auth dotenv or env, the service is also the name of the variable that Codex reads. Codex drops names that start with CODEX_ from $CODEX_HOME/.env.',
    fix: 'Choose a name of letters, digits and underscores, like `CLIPROXY_API_KEY`.',
  },
  CL2082: {
    severity: 'error',
    summary: 'This secret store does not exist on this OS.',
    explanation:
      'keychain is macOS only, secret-service Linux only, credential-manager Windows only; pass runs on Linux and macOS; file everywhere.',
    fix: 'Write `store: auto`, and state exceptions per machine under `overrides`.',
  },
  CL2090: {
    severity: 'error',
    summary: 'A date does not exist.',
    explanation: '`until` is the last day on which a difference is ignored, as YYYY-MM-DD.',
    fix: 'Write a day of the calendar, like 2027-01-31.',
  },
  CL2091: {
    severity: 'error',
    summary: 'A cron schedule can never run.',
    explanation: 'The five fields are minute 0-59, hour 0-23, day 1-31, month 1-12 and weekday 0-7.',
    fix: 'Correct the field, e.g. `cron: "0 * * * *"` for every hour.',
  },
  CL2092: {
    severity: 'error',
    summary: 'There is no such resource to ignore.',
    explanation: '`resource` is an address as plan prints it: a kind, or a kind with a name like accounts/work@example.com.',
    fix: 'Use an address that `codex-link plan` prints.',
  },
} as const satisfies Record<string, CodeEntry>;
