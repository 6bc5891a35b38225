// Write down that a run of credit begins; its version says how many runs there were of the same question, and one more.
//
// mode     write
// param    tenant          STRING   whose it is
// param    run             KEY      the run's id
// param    after           KEY ='' behind this run
// param    end             END      where the tenant's runs end
// param    question        STRING   hash of storm, filters and methods
// param    content         MAP      run_id, state, progress, stage, storm_id, settings, started_at, beat_at
// returns  version         INTEGER  the how-manieth run of this question
// calls    POST /v1/attribution/runs
/*
:params { tenant: 'acme', run: 'acme/0192', after: 'acme/', end: 'acme0', question: 'f3a1',
          content: { run_id: '0192', state: 'running', progress: 0.0 } }
*/
OPTIONAL MATCH (earlier:CreditRun)
WHERE earlier.key > $after AND earlier.key < $end AND earlier.question = $question AND earlier.key <> $run
WITH count(earlier) + 1 AS version
MERGE (run:CreditRun {key: $run})
SET run.tenant = $tenant, run.question = $question, run += $content, run.version = coalesce(run.version, version)
RETURN run.version AS version
