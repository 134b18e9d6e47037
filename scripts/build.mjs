// Builds dist/: one small entry file, the program, and chunks that are loaded only when a command needs them.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compile } from './compile.mjs';
import { generate } from './generate.mjs';

const TARGET = 'node22.13';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function buildAll() {
  await generate();
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  await rm(join(root, 'dist'), { recursive: true, force: true });
  await mkdir(join(root, 'dist'));
  const common = {
    absWorkingDir: root,
    outdir: 'dist',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: TARGET,
    define: { CODEX_LINK_VERSION: JSON.stringify(version) },
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const result = await build({
    ...common,
    entryPoints: { program: 'src/cli/main.ts' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // The package's Node build is CommonJS and larger; its ESM build is the one named for browsers.
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    metafile: true,
  });
  // Apart from the rest, or it would begin with loading what they share.
  await build({ ...common, entryPoints: { 'codex-link': 'src/cli/entry.ts' }, plugins: [apart('./main.ts', './program.js')] });
  // A program of its own, run on Windows only; what it loads is an optional dependency.
  await build({ ...common, entryPoints: { credential: 'src/credential/credential.ts' } });
  await chmod(join(root, 'dist/codex-link.js'), 0o755);
  const why = await compile(TARGET);
  if (why !== null) console.log(`dist: not compiled ahead, ${why}`);
  await writeFile(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), await licenses(Object.keys(result.metafile.inputs)));
  return result.metafile;
}

/** Leaves a module out of the bundle, and imports what it was built to instead. */
function apart(module, built) {
  const filter = new RegExp(`^${module.replaceAll('.', '\\.')}$`);
  return { name: 'apart', setup: ({ onResolve }) => onResolve({ filter }, () => ({ path: built, external: true })) };
}

/** The licence of every package that went into the bundle, as those licences ask for. */
async function licenses(inputs) {
  const packages = new Set(
    inputs.map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]).filter((one) => one !== undefined),
  );
  const texts = [];
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    const text = await firstOf(
      ['LICENSE', 'LICENSE.md', 'license', 'LICENCE', 'LICENSE.txt'].map((file) => join(root, folder, file)),
    );
    texts.push(`${name} ${version} (${license})\n\n${text ?? 'The package carries no licence text.'}`);
  }
  return `codex-link contains the following packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

async function firstOf(paths) {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { outputs } = await buildAll();
  const bytes = Object.values(outputs).reduce((sum, { bytes: size }) => sum + size, 0);
  console.log(`dist: ${Object.keys(outputs).length} files, ${Math.round(bytes / 1024)} KB`);
}
