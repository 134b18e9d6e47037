// A stand-in for /usr/bin/open of macOS: `open [-g] -b BUNDLE-ID`, which starts an application or brings it to the front: open(1). The
// words of its errors are from public reports and unverified.
import { appProcesses, change, logged, mac, notSimulated } from './mac.mjs';

const argv = logged('open', process.argv.slice(2)).filter((one) => one !== '-g');
if (argv.length !== 2 || argv[0] !== '-b') notSimulated(`open ${argv.join(' ')}`);
const { app, session } = mac();
if (app === null || app.id !== argv[1]) {
  process.stderr.write(
    `LSCopyApplicationURLsForBundleIdentifier() failed while trying to determine the application with bundle identifier ${argv[1]}.\n`,
  );
  process.exitCode = 1;
} else if (session !== 'aqua') {
  process.stderr.write(`_LSOpenURLsWithCompletionHandler() failed for the application ${app.path} with error -10810.\n`);
  process.exitCode = 1;
} else {
  change((state) => {
    // Launching an application whose last instance is still ending only brings the dying one to the front.
    if (appProcesses(state).length === 0)
      Object.assign(state.app, { running: true, quitAsked: null, launches: (state.app.launches ?? 0) + 1 });
  });
}
