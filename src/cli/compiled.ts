import type { Script } from 'node:vm';

type Exports = Record<string, unknown>;
type Define = (module: { exports: Exports }, exports: Exports, require: (name: string) => unknown) => void;

/** What was loaded: scripts as V8 has compiled them, and the modules that they define, by file name. */
export interface Loaded {
  readonly scripts: Map<string, Script>;
  readonly modules: Map<string, { exports: Exports }>;
}

/** The modules that a plan and a drift load, by file name, in one script. Every other one is a script of its own beside it. */
const PACK = 'pack.js';
/** The module that exports `main`. */
const MAIN = 'program.js';

/**
 * The program with the machine code that V8 made of it at build time: on the Node that built it a start takes a third less than with
 * the modules in `dist`, which are the same code. Null on any other Node, whose V8 would not take it.
 * @param folder absolute path of what `scripts/compile.mjs` has made, a folder for each Node
 * @param loaded gets all that is loaded, also later
 */
export function compiledProgram(
  folder: string,
  { scripts, modules }: Loaded = { scripts: new Map(), modules: new Map() },
): Exports | null {
  const { existsSync, readFileSync } = process.getBuiltinModule('node:fs');
  const { Script: NewScript } = process.getBuiltinModule('node:vm');
  const own = `${folder}/${process.version}-${process.platform}-${process.arch}`;
  if (!existsSync(own)) return null;

  const run = (name: string): unknown => {
    const filename = `${own}/${name}`;
    const cachedData = existsSync(`${filename}.bin`) ? readFileSync(`${filename}.bin`) : undefined;
    // All of it is ASCII, which is read as it stands. Code that does not fit, because of flags for example, is passed over by V8.
    const source = readFileSync(filename, 'latin1');
    const script = new NewScript(source, cachedData === undefined ? { filename } : { filename, cachedData });
    scripts.set(name, script);
    return script.runInThisContext();
  };
  const packed = run(PACK) as Record<string, Define>;
  const load = (name: string): Exports => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as Exports };
    modules.set(name, module);
    const define = packed[name] ?? (run(name) as Define);
    define(module, module.exports, required);
    return module.exports;
  };
  const required = (name: string): unknown =>
    name.startsWith('./') ? load(name.slice(name.lastIndexOf('/') + 1)) : process.getBuiltinModule(name);
  return load(MAIN);
}
