// drizzle
export {};
