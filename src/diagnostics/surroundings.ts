import type { CodeEntry } from './diagnostics.ts';

/** What lies around Codex's config.toml and can outweigh it. */
export const surroundingsCodes = {
  CL1006: {
    severity: 'error',
    summary: 'A file above config.toml selects another provider.',
    explanation:
      "Codex puts /etc/codex/managed_config.toml and /etc/codex/requirements.toml above the user's file. Whatever config.toml selects, Codex takes what they say, so an apply would change nothing but the file.",
    fix: 'have model_provider taken out of the file that is named, by whoever manages it',
  },
  CL1007: {
    severity: 'error',
    summary: 'A file above config.toml changes where our provider goes or how it authenticates.',
    explanation:
      'managed_config.toml is merged over the tables of config.toml, and a table in requirements.toml replaces the one of the same name whole. Requests would go elsewhere, or without our key.',
    fix: 'have the table taken out of the file that is named, by whoever manages it, or set another provider.id',
  },
  CL1008: {
    severity: 'error',
    summary: 'config.toml and a file of the machine together make Codex refuse everything.',
    explanation:
      'Codex merges the tables of all layers and judges the sum: an env_key in /etc/codex/config.toml and a helper in config.toml are each right, and together refused. Codex and the App would not start.',
    fix: 'have the key that is named taken out of the file of the machine, by whoever manages it',
  },
  CL1009: {
    severity: 'error',
    summary: 'A file of the machine that Codex reads cannot be used.',
    explanation:
      'Codex reads the files in /etc/codex at every start. One that it cannot read, or that is not valid TOML, makes it refuse to start at all.',
    fix: 'have the file that is named mended, or made readable for everybody',
  },
  CL1010: {
    severity: 'warning',
    summary: 'A file of the machine changes a key that codex-link manages.',
    explanation:
      'The route stays ours, but something beside it is not as codex-link.yaml says, because a layer above config.toml, or one below it that fills in what config.toml leaves out, says otherwise.',
    fix: 'have it taken out of the file that is named, or put the same into codex-link.yaml',
  },
  CL1011: {
    severity: 'info',
    summary: 'config.toml holds profiles in a form that Codex no longer uses.',
    explanation:
      'Tables under profiles have no effect any more, except that codex refuses --profile NAME while profiles.NAME exists. The form of today is a file NAME.config.toml beside config.toml.',
    fix: 'move what the profile sets into a file NAME.config.toml beside config.toml',
  },
  CL1012: {
    severity: 'info',
    summary: 'A profile takes another route.',
    explanation:
      'A file NAME.config.toml beside config.toml is laid over it by codex --profile NAME. Codex App and codex without that flag do not read it.',
    fix: 'nothing, if that is meant; else take the provider out of the file that is named',
  },
  CL1013: {
    severity: 'warning',
    summary: 'Codex App looks into another folder than the one that codex-link manages.',
    explanation:
      'Codex keeps its files in CODEX_HOME. The session that starts the App sets it to another folder than the one that codex-link was run with.',
    fix: 'run codex-link with the same CODEX_HOME as the session',
  },
  CL1014: {
    severity: 'warning',
    summary: 'A proxy stands between Codex and the gateway on this machine.',
    explanation:
      'With HTTP_PROXY or ALL_PROXY set Codex sends even requests to 127.0.0.1 to the proxy, unless NO_PROXY excepts it, and then waits for the network without end. The file .env in the folder of Codex is read by Codex and by the App at every start.',
    fix: 'put NO_PROXY=127.0.0.1,localhost into the file .env in the folder of Codex',
  },
  CL1015: {
    severity: 'warning',
    summary: 'ccsxp is installed and takes the provider id cliproxy for its own.',
    explanation:
      'Whenever it is started, ccsxp rewrites model_providers.cliproxy into its own shape, which Codex refuses beside a helper, and drops the comments of the whole file. It leaves tables of any other name alone. Conversations belong to the id they were started with: under a new id, older ones are hidden.',
    fix: 'set provider.id: codex-link in codex-link.yaml, then codex-link apply',
  },
  CL1016: {
    severity: 'warning',
    summary: 'keepChatgptFeatures is set, and Codex has no ChatGPT login.',
    explanation:
      'provider.keepChatgptFeatures makes Codex ask for a ChatGPT login beside the gateway, so that the App keeps Plugins. Without a login the App asks for one. A login that Codex keeps in the keyring of the OS is not seen.',
    fix: 'codex login, or remove provider.keepChatgptFeatures',
  },
} as const satisfies Record<string, CodeEntry>;
