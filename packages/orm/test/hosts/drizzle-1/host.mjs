// From here, so that it is this folder's Drizzle.
export { eq, sql } from 'drizzle-orm';
export { drizzle } from 'drizzle-orm/libsql';
export * as sqlite from 'drizzle-orm/sqlite-core';
export { drizzle as drizzleProxy } from 'drizzle-orm/sqlite-proxy';
