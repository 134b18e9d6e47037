// A stand-in for explorer.exe: `shell:AppsFolder\AUMID` starts a packaged App by its identity. Explorer's exit code is 1 whatever happens,
// as everybody finds out who looks at it.
import { change, logged, notSimulated } from './pc.mjs';

const [place, ...rest] = logged('explorer', process.argv.slice(2));
if (place !== 'shell:AppsFolder\\OpenAI.Codex_2p2nqsd0c76g0!App' || rest.length > 0) notSimulated(`explorer ${place}`);
change((state) => {
  if (state.app === null) return;
  state.app.running = true;
  state.app.closed = null;
  state.app.launches = (state.app.launches ?? 0) + 1;
});
process.exitCode = 1;
