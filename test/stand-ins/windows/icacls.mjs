// A stand-in for icacls.exe: `FILE` shows the access list, `FILE /findsid *SID` says whether the list names somebody. Output by Microsoft's
// document of icacls; what /findsid prints for a hit is unverified on a real Windows. It changes nothing: codex-link never asks it to.
import { existsSync } from 'node:fs';
import { logged, notSimulated, pc, print, refuse } from './pc.mjs';

const [path = '', verb, sid, ...rest] = logged('icacls', process.argv.slice(2));
if (rest.length > 0 || (verb !== undefined && (verb !== '/findsid' || !sid?.startsWith('*S-1-'))))
  notSimulated(`icacls ${verb} ${sid}`);
if (!existsSync(path)) refuse(2, `${path}: The system cannot find the file specified.`);
const others = pc().openTo[path] ?? [];
const ours = ['NT AUTHORITY\\SYSTEM:(I)(F)', 'BUILTIN\\Administrators:(I)(F)', 'PC\\tester:(I)(F)'];
if (verb === undefined) print([path, ...ours].join(' '));
else print(others.includes(sid.slice(1)) ? `SID Found: ${path}.` : 'No files with a matching SID was found.');
print('Successfully processed 1 files; Failed processing 0 files');
