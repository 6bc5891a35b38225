// The last match run that was finished.
//
// mode     read
// scans    runs are few, and the last comes first
// param    after          KEY      ='' where the tenant's runs begin
// param    end            END      where they end
// returns  run_id         STRING   the run
// calls    stormgraph catch-up
// calls    stormgraph serve
/*
:params { after: 'acme/', end: 'acme0' }
*/
MATCH (r:Run)
WHERE r.key > $after AND r.key < $end AND r.job = 'match' AND r.state = 'done'
RETURN r.run_id AS run_id
ORDER BY r.key DESC
LIMIT 1
