// Write down a batch job: its settings, counts, timings, and how it ended.
//
// mode     write
// param    tenant        STRING   whose it is
// param    run           KEY      the run's id
// param    content       MAP      run_id, job, state, started_at, ended_at, counts, card, fingerprint, message
// returns  key           STRING   tenant/run_id
// calls    stormgraph match
/*
:params { tenant: 'acme', run: 'acme/0192', content: { run_id: '0192', job: 'match', state: 'done' } }
*/
MERGE (run:Run {key: $run})
SET run.tenant = $tenant, run += $content
RETURN run.key AS key
