export function hostName(number: number): string;
export function collected(number: number, now: number): object;
export function writeReports(folder: string, count: number, now?: number): void;
export function writeLines(file: string, count: number, now?: number): void;
