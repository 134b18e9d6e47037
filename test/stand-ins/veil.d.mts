/** Text or bytes as they may stand in a file of a stand-in. */
export function veiled(secret: string | Uint8Array): string;
/** The bytes again. */
export function unveiled(text: string): Buffer;
