// TypeORM's query result cache in a store: `DataSource({ cache: { provider: mapstoneCache('./cache.mapstone') } })`.
export {};
