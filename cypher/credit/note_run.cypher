// Write down how far a run of credit is, or how it ended.
//
// mode     write
// param    run             KEY      the run
// param    content         MAP      state, progress, stage, beat_at, ended_at, message, fingerprint
// returns  key             STRING   tenant/run_id
// calls    POST /v1/attribution/runs
/*
:params { run: 'acme/0192', content: { progress: 0.5, stage: 'linear' } }
*/
MATCH (run:CreditRun {key: $run})
SET run += $content
RETURN run.key AS key
