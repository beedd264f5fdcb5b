GRANT pg_monitor TO rounds_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO rounds_reader;
