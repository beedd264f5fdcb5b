CREATE EXTENSION amcheck;
CREATE EXTENSION pg_stat_statements;
GRANT pg_monitor TO rounds_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO rounds_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO rounds_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE bigshot IN SCHEMA public GRANT SELECT ON TABLES TO rounds_reader;
