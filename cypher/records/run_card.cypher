// The model card of the latest match run that was finished.
//
// mode     read
// scans    the tenant's runs, which are few: the embedded engine reads a whole range to put it in order
// param    after         KEY ='' where the tenant's runs begin
// param    end           END      where they end
// returns  run_id        STRING   the run
// returns  ended_at      STRING   when it ended
// returns  card          STRING   parameters, data profile, timings (a JSON object)
// calls    stormgraph match
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (run:Run)
WHERE run.key > $after AND run.key < $end AND run.job = 'match' AND run.state = 'done' AND run.card IS NOT NULL
RETURN run.run_id AS run_id, run.ended_at AS ended_at, run.card AS card
ORDER BY run.key DESC
LIMIT 1
