// One batch job: what it was, and how it ended.
//
// mode     read
// param    run           KEY      the run
// returns  run_id        STRING   the run
// returns  job           STRING   ingest or match
// returns  state         STRING   running, done or failed
// calls    POST /v1/identity/runs/{run_id}/undo
/*
:params { run: 'acme/0192' }
*/
MATCH (run:Run {key: $run})
RETURN run.run_id AS run_id, run.job AS job, run.state AS state
