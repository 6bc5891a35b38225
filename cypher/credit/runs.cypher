// The runs of credit of a tenant, the latest first.
//
// mode     read
// scans    the tenant's runs, which are few: the embedded engine reads a whole range to put it in order
// param    after           KEY ='' behind this run
// param    end             END      where the tenant's runs end
// param    limit           INTEGER =100 how many at most
// returns  run_id          STRING   the run
// returns  version         INTEGER  the how-manieth run of its question
// returns  state           STRING   running, done or failed
// returns  progress        FLOAT    0 to 1
// returns  storm_id        STRING   the storm it is about
// returns  started_at      STRING   when it began
// returns  beat_at         STRING   when it last said that it lives
// returns  ended_at        STRING   when it ended
// calls    GET /v1/attribution/runs
/*
:params { after: 'acme/', end: 'acme0', limit: 100 }
*/
MATCH (run:CreditRun)
WHERE run.key > $after AND run.key < $end
RETURN run.run_id AS run_id, run.version AS version, run.state AS state, run.progress AS progress,
       run.storm_id AS storm_id, run.started_at AS started_at, run.beat_at AS beat_at, run.ended_at AS ended_at
ORDER BY run.key DESC
LIMIT $limit
