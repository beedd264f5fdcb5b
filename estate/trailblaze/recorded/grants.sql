CREATE EXTENSION amcheck;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO rounds_reader;
GRANT pg_monitor TO rounds_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO rounds_reader;
