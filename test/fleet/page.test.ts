/** The page of fleet report in a real browser, headless: it draws thousands of machines, and what they wrote stays text. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReports } from '../../scripts/fleet/reports.mjs';
import { PROGRAM } from '../support/cli.ts';
import { findCommand } from '../support/system.ts';

const browser = findCommand('chromium');
if (browser === null) console.warn('SKIPPED, the page of the fleet suite: install chromium');

const EVIL = '</script><script>document.title="broken"</script><img src=x onerror="document.title=`broken`">';

let folder: string;

/** The page as the browser has it after its script ran. */
async function drawn(hash = ''): Promise<string> {
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--virtual-time-budget=2000',
    '--window-size=1200,900',
    '--dump-dom',
  ];
  const args = [...flags, `file://${join(folder, 'page.html')}${hash}`];
  const { stdout } = await execa(browser ?? '', args, {
    env: { HOME: folder, PATH: process.env.PATH ?? '' },
    extendEnv: false,
    timeout: 60_000,
    maxBuffer: 1e9,
  });
  // The data as it was delivered is no part of what was drawn.
  return stdout.replace(/<script type="application\/json"[\s\S]*?<\/script>/, '').replace(/<script>[\s\S]*?<\/script>/, '');
}

describe.skipIf(browser === null)('the page', { timeout: 120_000 }, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'codex-link-page-'));
    writeReports(join(folder, 'reports'), 5000);
    const document = { formatVersion: '1.0', command: 'plan', codexLinkVersion: '0.1.0', outcome: 'changes', findings: [] };
    const resources = [
      { address: EVIL, kind: EVIL, status: 'update', reason: EVIL, changes: [{ path: EVIL, before: EVIL, after: null }] },
    ];
    writeFileSync(join(folder, 'reports', 'evil.json'), JSON.stringify({ host: EVIL, report: { ...document, resources } }));
    try {
      execFileSync(process.execPath, [
        PROGRAM,
        'fleet',
        'report',
        join(folder, 'reports'),
        '--html',
        join(folder, 'page.html'),
        '-q',
      ]);
    } catch (error) {
      expect((error as { status: number }).status).toBe(2);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('draws the counts, and only the rows that can be seen', async () => {
    const page = await drawn();
    expect(page).toContain('5,001 of 5,001 machines');
    const rows = page.match(/aria-rowindex/g)?.length ?? 0;
    expect(rows).toBeGreaterThan(10);
    expect(rows).toBeLessThan(100);
  });

  it('opens a machine by its name', async () => {
    const page = await drawn('#osaka-00036');
    expect(page).toMatch(/<dialog[^>]* open/);
    expect(page).toContain('osaka-00036');
  });

  it('shows what a machine wrote as text and runs none of it', async () => {
    const page = await drawn(`#${encodeURIComponent(EVIL)}`);
    expect(page).toMatch(/<dialog[^>]* open/);
    expect(page).toContain('&lt;img src=x');
    expect(page).not.toContain('<img');
    expect(/<title>(.*)<\/title>/.exec(page)?.[1]).toMatch(/^codex-link fleet/);
  });
});
