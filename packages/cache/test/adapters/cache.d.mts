import type { Adapter } from '@mapstone/conformance';
export function open(path: string, options?: object): Adapter;
