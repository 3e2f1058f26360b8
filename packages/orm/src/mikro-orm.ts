// mikro-orm
export {};
