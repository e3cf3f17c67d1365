create schema if not exists ordersync;
comment on schema ordersync is 'Orders copied by ordersync; see ordersync-schema(7)';
create table ordersync.schema_migrations (
    number integer not null primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    version text not null
);
comment on table ordersync.schema_migrations is 'Migrations applied to this schema, by ordersync migrate alone';
comment on column ordersync.schema_migrations.number is 'Place in the order in which they run';
comment on column ordersync.schema_migrations.name is 'What it is called in the program';
comment on column ordersync.schema_migrations.checksum is 'SHA-256 of its text; a past migration never changes';
comment on column ordersync.schema_migrations.applied_at is 'When its transaction began';
comment on column ordersync.schema_migrations.version is 'ordersync version that applied it'
