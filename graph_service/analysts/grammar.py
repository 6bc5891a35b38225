"""What an analyst's statement may be made of: an allow-list of clauses, words and functions."""

import re


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


BEGINNINGS = {"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN"}
VALUES = {"NULL", "TRUE", "FALSE", "END"}  # keywords behind which an operator or a clause follows
KEYWORDS = VALUES | words("""
    MATCH OPTIONAL WHERE WITH UNWIND RETURN ORDER BY SKIP OFFSET LIMIT ASC ASCENDING DESC DESCENDING DISTINCT AS
    AND OR XOR NOT IN IS CASE WHEN THEN ELSE STARTS ENDS CONTAINS UNION ALL EXISTS COUNT COLLECT ANY NONE SINGLE
""")
REFUSED = words("""
    CREATE INSERT MERGE SET DELETE DETACH NODETACH REMOVE DROP FOREACH LOAD CSV CALL YIELD USE USING SHOW
    TERMINATE ALTER GRANT DENY REVOKE EXPLAIN PROFILE CYPHER PERIODIC TRANSACTIONS
""")
"""Never as a bare word: not even as the name of a variable."""

TEXT_FUNCTIONS = words("""
    tostring tostringornull tostringlist toupper tolower upper lower trim ltrim rtrim btrim left right substring
    split replace reverse properties tointeger tofloat toboolean tointegerornull tofloatornull tobooleanornull
    tointegerlist tofloatlist tobooleanlist normalize char_length character_length isempty
""")
"""What reads into a text or a whole node: not for callers who may not see personal values."""

FUNCTIONS = TEXT_FUNCTIONS | words("""
    count collect sum avg min max stdev stdevp percentilecont percentiledisc size length type labels id
    elementid keys nodes relationships startnode endnode coalesce nullif head last tail range exists all any
    none single isnan shortestpath allshortestpaths abs ceil floor round sign sqrt exp log log10 e pi sin cos
    tan cot asin acos atan atan2 degrees radians haversin rand timestamp date datetime time localtime
    localdatetime duration date.truncate datetime.truncate localdatetime.truncate time.truncate
    localtime.truncate duration.between duration.inmonths duration.indays duration.inseconds datetime.fromepoch
    datetime.fromepochmillis point point.distance valuetype
""")

CLEAR = re.compile(
    r"(person|household|run|model|change|judgement|quarantine|record|journey|storm|play|feed|event|property)_id|channel|"
    r"direction|play|outcome|milestone|kind|source|stage|state|job|model|method|verdict|side|room|field|order|version|"
    r"records|persons|touches|turn|turns|threaded|position|progress|confidence|strength|weight|probability|magnitude|sii|"
    r"moe_usd|value_usd|first_order|last_order|anonymous|current|since|until|from|to|at|\w+_at|last_seen|window_end|"
    r"fingerprint|tenant|alias_of|also|others|person|household|aliases|scope|zip|sex"
)
"""Properties that are not personal; every other one of the vocabulary is taken for personal."""
