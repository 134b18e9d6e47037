import type { BadCase } from '../support.ts';

const home = '/home/me';

/** Files that extend each other wrongly. */
export const layerCases: readonly BadCase[] = [
  {
    name: 'a file that does not exist',
    yaml: 'version: 1\nextends: ‸./team.yaml\n',
    code: 'CL2030',
    says: ['/home/me/team.yaml does not exist'],
    fix: 'create /home/me/team.yaml',
  },
  {
    name: 'a misspelt file in a list',
    yaml: 'version: 1\nextends: [./team.yaml, ‸./sites.yaml]\n',
    code: 'CL2030',
    says: ['did you mean site.yaml?'],
    fix: 'site.yaml',
    world: { files: { [`${home}/team.yaml`]: 'version: 1\n', [`${home}/site.yaml`]: 'version: 1\n' } },
  },
  {
    name: 'a file that extends itself',
    yaml: 'version: 1\nextends: ‸codex-link.yaml\n',
    code: 'CL2031',
    says: ['codex-link.yaml → /home/me/codex-link.yaml'],
    fix: 'remove',
  },
  {
    name: 'a circle of three, through ..',
    yaml: 'version: 1\nextends: a/a.yaml\n',
    code: 'CL2031',
    says: ['/home/me/codex-link.yaml → /home/me/a/a.yaml → /home/me/b.yaml → /home/me/codex-link.yaml'],
    fix: 'remove',
    inFile: `${home}/b.yaml`,
    world: { files: { [`${home}/a/a.yaml`]: 'extends: ../b.yaml\n', [`${home}/b.yaml`]: 'extends: ‸./codex-link.yaml\n' } },
  },
  {
    name: 'a chain of seventeen',
    yaml: 'version: 1\nextends: 1.yaml\n',
    code: 'CL2032',
    says: ['more than 16'],
    fix: 'merge',
    inFile: `${home}/15.yaml`,
    world: {
      files: Object.fromEntries(
        Array.from({ length: 17 }, (_, index) => [`${home}/${index + 1}.yaml`, `extends: ‸${index + 2}.yaml\n`]),
      ),
    },
  },
  {
    name: 'a mistake in the file below',
    yaml: 'version: 1\nextends: team.yaml\n',
    code: 'CL2023',
    says: ['provider.auth'],
    fix: 'auth: dotenv',
    inFile: `${home}/team.yaml`,
    world: { files: { [`${home}/team.yaml`]: 'provider:\n  auth: ‸dotnev\n' } },
  },
  {
    name: 'a file below for another version',
    yaml: 'version: 1\nextends: team.yaml\n',
    code: 'CL2020',
    says: ['newer one is needed'],
    fix: 'npm install',
    inFile: `${home}/team.yaml`,
    world: { files: { [`${home}/team.yaml`]: 'version: ‸2\n' } },
  },
  {
    name: 'values that only contradict each other when merged',
    yaml: 'version: 1\nextends: team.yaml\nsecret: { source: ‸ccs }\n',
    code: 'CL2080',
    says: ['manager'],
    fix: 'source: keep',
    world: { files: { [`${home}/team.yaml`]: 'gateway: { manager: none }\n' } },
  },
  {
    name: 'a value of the file below that makes no sense',
    yaml: 'version: 1\nextends: team.yaml\n',
    code: 'CL2070',
    says: ['ollama'],
    fix: 'id: cliproxy',
    inFile: `${home}/team.yaml`,
    world: { files: { [`${home}/team.yaml`]: 'version: 1\nprovider:\n  id: ‸ollama\n' } },
  },
  {
    name: 'a variable in the name',
    yaml: 'version: 1\nextends: ‸"${env:TEAM}/team.yaml"\n',
    code: 'CL2033',
    says: ['extends', 'TEAM'],
    fix: 'set TEAM',
  },
];
