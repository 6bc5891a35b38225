// The batch jobs of a tenant, oldest first.
//
// mode     read
// param    after         KEY ='' start behind this run
// param    end           END      where the tenant's runs end
// param    limit         INTEGER =100 how many at most
// returns  run_id        STRING   the run
// returns  job           STRING   ingest or match
// returns  state         STRING   running, done or failed
// returns  started_at    STRING   when it began
// returns  ended_at      STRING   when it ended
// returns  counts        STRING   what it did (a JSON object)
// returns  fingerprint   STRING   hash of the data it read
// calls    stormgraph runs
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (run:Run)
WHERE run.key > $after AND run.key < $end
RETURN run.run_id AS run_id, run.job AS job, run.state AS state, run.started_at AS started_at,
       run.ended_at AS ended_at, run.counts AS counts, run.fingerprint AS fingerprint
ORDER BY run.key
LIMIT $limit
