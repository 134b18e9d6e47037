import { CodexLinkError, finding } from '../../diagnostics/diagnostics.ts';
import { type Generation, readGenerations } from '../../generations/generation.ts';
import { generationText, historyText } from '../../report/history-text.ts';
import { generationJson, head } from '../../report/json.ts';
import { usage } from '../arguments.ts';
import { printJson } from '../console.ts';
import type { Command } from '../main.ts';
import { openMachine } from '../session.ts';

/** Lists what was applied, or shows what one apply changed. */
export const history: Command = async ({ operands, flags }, console) => {
  const generations = await readGenerations(openMachine(flags).readOnly);
  const [verb, operand] = operands;
  if (verb === undefined) {
    if (console.json) printJson(console, { ...head('history'), generations: await Promise.all(generations.map(generationJson)) });
    else console.out(historyText(generations));
    return 0;
  }
  if (verb !== 'show' || operand === undefined || !/^\d{1,6}$/.test(operand)) {
    throw usage('history takes nothing, or show and the number of a generation', 'history');
  }
  const found = wanted(generations, Number(operand));
  if (console.json) printJson(console, { ...head('history'), generations: [await generationJson(found)] });
  else console.out(await generationText(found, console.paint));
  return 0;
};

function wanted(generations: readonly Generation[], number: number): Generation {
  const found = generations.find((one) => one.number === number);
  if (found === undefined) throw new CodexLinkError(finding('CL0018', `there is no generation ${number}`));
  return found;
}
