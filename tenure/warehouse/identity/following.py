"""The fold of identities, kept in the store: new links join their components, and those are folded anew.

Most ids are simple: a visitor, an e-mail, a telephone number that one customer has and nobody else names. They are
found among all with queries; the fold itself takes what is left. Both say the same, which tests hold to.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from tenure.warehouse.connection import first_row
from tenure.warehouse.identity.finding import LINKS
from tenure.warehouse.identity.fold import Link, fold
from tenure.warehouse.identity.rekeying import rekey
from tenure.warehouse.identity.rules import ANONYMOUS, LIMITS, OWN, Rules, value_of
from tenure.warehouse.keys import NEVER, Keys
from tenure.warehouse.known import Known, unit_hash
from tenure.warehouse.source_sql import quote_text
from tenure.warehouse.windows import Windows, arrow

_CUSTOMER = "'customer'"
_HASH = "CAST(md5_number({0}) >> 64 AS UBIGINT)"
NODE_HASH = _HASH.format("node")
_SAME = "first, second, how, known, CASE WHEN how IN ('alias', 'hand', 'undo') THEN message_id END"
_LINK_HASH = _HASH.format(f"concat_ws(chr(31), {_SAME})")
_COLUMNS = ", ".join(LINKS.names)
# none of it stays: it names people
_SCRATCH = (
    "arrived", "nodes", "tied", "before", "folding", "nobodys", "hard", "folded", "held", "now", "labels",
)  # fmt: skip
_VALUE = "substr({0}, strpos({0}, ':') + 1)"
_KIND = "split_part({0}, ':', 1)"
# what the fold says of ids: `label` is one of the ids of the component
_FOLDED = pa.schema(
    [pa.field(name, pa.string()) for name in ("node", "kind", "named", "label")]
    + [pa.field("time", pa.int64())]
    + [pa.field(name, pa.string()) for name in ("message_id", "why", "because")]
)


def follow(
    connection: duckdb.DuckDBPyConnection, windows: Windows, fresh: pa.Table, known: Known, rules: Rules, *,
    anew: str | None = None,
) -> None:  # fmt: skip
    """Nothing; takes links (columns of `LINKS`) in, and moves to their customers what belongs to others now.

    `anew` is a query for ids (`node`) whose components are to be folded anew in any case: some of their links are gone.
    """
    if not fresh.num_rows and anew is None:
        return
    windows.show("fresh", fresh)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE arrived AS SELECT {_LINK_HASH} AS hash, {_COLUMNS} FROM fresh AS f"
    )
    connection.execute(
        "DELETE FROM arrived WHERE EXISTS (SELECT 1 FROM (SELECT hash, time, message_id FROM identity_links "
        "WHERE hash IN (SELECT hash FROM arrived)) AS l WHERE l.hash = arrived.hash "
        "AND (l.time, l.message_id) <= (arrived.time, arrived.message_id))"
    )
    also = f" UNION ({anew})" if anew else ""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE nodes AS SELECT {NODE_HASH} AS hash, node FROM "
        f"(SELECT first AS node FROM arrived UNION SELECT second FROM arrived{also})"
    )
    if first_row(connection, "SELECT 1 FROM nodes LIMIT 1"):
        _gather(connection, rules)
        moved = _Folding(connection, windows, known, rules).kept()
        rekey(connection, windows, moved, rules)
        _remember(connection, windows, known, moved)
    for scratch in _SCRATCH:
        connection.execute(f"DROP TABLE IF EXISTS temp.{scratch}")


def _gather(connection: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Makes `before` (identities that may change), `folding` (their links), and takes both out of their tables."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE tied AS SELECT DISTINCT component FROM identities "
        "WHERE hash IN (SELECT hash FROM nodes) AND component IS NOT NULL"
    )
    held = "hash IN (SELECT hash FROM nodes) OR component IN (SELECT component FROM tied)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE before AS SELECT * FROM identities WHERE {held}")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE folding AS SELECT hash, {_COLUMNS} FROM identity_links "
        "WHERE component IN (SELECT component FROM tied) OR component IS NULL OR hash IN (SELECT hash FROM arrived) "
        f"UNION ALL SELECT hash, {_COLUMNS} FROM arrived"
    )
    connection.execute(
        "DELETE FROM identity_links WHERE component IN (SELECT component FROM tied) OR component IS NULL "
        "OR hash IN (SELECT hash FROM arrived)"
    )
    connection.execute(f"DELETE FROM identities WHERE {held}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE folding AS SELECT * FROM folding "
        "QUALIFY row_number() OVER (PARTITION BY hash ORDER BY time, message_id) = 1"
    )
    # what is nobody's stands beside many components
    nobodys = "component IS NULL AND node IN (SELECT first FROM folding UNION SELECT second FROM folding)"
    connection.execute(f"INSERT INTO before SELECT * FROM identities WHERE {nobodys}")
    connection.execute(f"DELETE FROM identities WHERE {nobodys}")
    # an id that was nobody's before is so still, however few of its links stand here
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE nobodys AS SELECT node FROM before WHERE component IS NULL "
        f"AND NOT {_blocked(_VALUE.format('node'), rules)} AND (SELECT count(DISTINCT first) FROM "
        "(SELECT first, second FROM identity_links UNION ALL SELECT first, second FROM folding) AS l "
        f"WHERE l.second = before.node) > {rules.shared_by}"
    )


def _blocked(value: str, rules: Rules) -> str:
    return f"regexp_full_match(lower(trim({value})), {quote_text(rules.pattern)})"


class _Folding:
    """The fold of the links in `folding`, and what it changes beside `before`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, windows: Windows, known: Known, rules: Rules
    ) -> None:  # fmt: skip
        self.connection = connection
        self.windows = windows
        self.rules = rules
        self.keys = Keys(connection, windows, known)

    def kept(self) -> pa.Table:
        """The ids whose customer is another one now (id, old, new), once the tables hold the new fold."""
        self._find_hard()
        self.windows.show("hard_folded", self._hard())
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE folded AS {self._easy()} UNION ALL SELECT * FROM hard_folded"
        )
        # who is named by no link any more is alone
        self.connection.execute(
            "INSERT INTO folded SELECT node, kind, node, CASE WHEN component IS NOT NULL THEN node END, time, "
            f"message_id, 'own', node FROM before WHERE starts_with(node, '{OWN}:') "
            "AND node NOT IN (SELECT node FROM folded)"
        )
        # not all of its links stand here
        self.connection.execute(
            "UPDATE folded SET time = b.time, message_id = b.message_id, kind = b.kind FROM before AS b "
            "WHERE b.node = folded.node AND folded.label IS NULL AND b.component IS NULL "
            "AND (b.time, b.message_id) < (folded.time, folded.message_id)"
        )
        moved = self._keyed()
        self._write()
        return moved

    def _find_hard(self) -> None:
        limits = " ".join(
            f"WHEN {quote_text(kind)} THEN {most}" for kind, most in self.rules.limits.items()
        ) or "WHEN '' THEN 0"  # fmt: skip
        kind = f"CASE WHEN how = 'named' THEN '{ANONYMOUS}' ELSE {_KIND.format('second')} END"
        other = self.rules.limits.get("external", LIMITS["external"])
        self.connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE hard AS
            SELECT DISTINCT first FROM (
                SELECT first, second, how, {kind} AS kind, count(*) OVER (PARTITION BY second) AS namers,
                       count(*) OVER (PARTITION BY first, {kind}) AS many
                FROM folding
            )
            WHERE how NOT IN ('named', 'claimed') OR namers > 1 OR many > CASE kind {limits} ELSE {other} END
               OR second IN (SELECT first FROM folding) OR first IN (SELECT second FROM folding)
               OR second IN (SELECT node FROM nobodys)
               OR {_blocked(_VALUE.format("first"), self.rules)} OR {_blocked(_VALUE.format("second"), self.rules)}
            """
        )

    def _easy(self) -> str:
        """SQL of the fold of ids that one customer has and nobody else names."""
        links = "(SELECT * FROM folding WHERE first NOT IN (SELECT first FROM hard))"
        value = _VALUE.format("first")
        own = f"{_VALUE.format('second')} IN ({value}, lower(trim({value})))"
        return f"""
            SELECT second AS node, CASE WHEN how = 'named' THEN '{ANONYMOUS}' ELSE {_KIND.format("second")} END AS kind,
                   first AS named, first AS label, time, message_id, how AS why, first AS because
            FROM {links}
            UNION ALL
            SELECT first, CASE WHEN bool_or(how = 'claimed' AND {own}) THEN '{OWN}' WHEN bool_or(known) THEN 'user'
                               ELSE '{ANONYMOUS}' END,
                   first, first, min(time), arg_min(message_id, (time, message_id)), 'own', first
            FROM {links} GROUP BY first
        """

    def _hard(self) -> pa.Table:
        rows = self.connection.execute(
            f"SELECT {_COLUMNS} FROM folding WHERE first IN (SELECT first FROM hard)"
        ).fetchall()
        if not rows:
            return _FOLDED.empty_table()
        links = [
            Link(first=first, second=second, how=how, known=known, time=time, message_id=message_id)
            for first, second, how, known, time, message_id, _ in rows
        ]
        nobodys = frozenset(node for (node,) in self.connection.execute("SELECT node FROM nobodys").fetchall())
        folded = fold(links, self.rules, shared=nobodys)
        labels = components(links, self.rules, folded.shared)
        columns = zip(
            *(
                (node, one.kind, one.customer, labels.get(node), one.time, one.message_id, one.why, one.because)
                for node, one in folded.customers.items()
            ),
            strict=True,
        )
        return pa.table([pa.array(list(column), field.type) for column, field in zip(columns, _FOLDED, strict=True)],
                        schema=_FOLDED)  # fmt: skip

    def _keyed(self) -> pa.Table:
        """The ids whose customer is another one; makes `now`, the fold with the customers' keys."""
        # whoever was called by an id keeps the key; ids that no link named until now may have one
        ids = arrow(
            self.connection,
            f"SELECT node, substr(node, {len(OWN) + 2}) AS id FROM folded WHERE starts_with(node, '{OWN}:') "
            "AND node NOT IN (SELECT node FROM before)",
        )
        looked = self.keys.look("customer", ids["id"].combine_chunks())
        self.windows.show("looked", pa.table({"node": ids["node"], "key": pa.array(looked.keys, mask=~looked.found)}))
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE held AS SELECT node, customer AS key, why = 'own' AS own FROM before "
            f"WHERE starts_with(node, '{OWN}:') UNION ALL SELECT node, key, true FROM looked WHERE key IS NOT NULL"
        )
        keyless = arrow(
            self.connection,
            # in an order of their own: the same files give the same keys
            f"SELECT named FROM folded WHERE starts_with(named, '{OWN}:') AND named NOT IN "
            "(SELECT node FROM held WHERE own AND key IS NOT NULL) GROUP BY named ORDER BY min(time), named",
        )
        fresh = self.keys.fresh(keyless.num_rows) if keyless.num_rows else np.zeros(0, dtype=np.int64)
        self.windows.show("fresh_keys", pa.table({"node": keyless["named"], "key": fresh}))
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE now AS SELECT f.*, c.key AS customer FROM folded AS f LEFT JOIN "
            "(SELECT node, key FROM held WHERE own UNION ALL SELECT node, key FROM fresh_keys) AS c ON c.node = f.named"
        )
        return arrow(
            self.connection,
            f"SELECT substr(now.node, {len(OWN) + 2}) AS id, held.key AS old, now.customer AS new, "
            "held.own AND now.why <> 'own' AS gone FROM now LEFT JOIN held USING (node) "
            f"WHERE starts_with(now.node, '{OWN}:') AND (held.key IS NULL OR held.key <> now.customer)",
        )

    def _write(self) -> None:
        connection = self.connection
        ((last,),) = connection.execute("SELECT coalesce(max(component), 0) FROM identities").fetchall()
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE labels AS SELECT label, {last} + row_number() OVER (ORDER BY label) "
            "AS component FROM (SELECT DISTINCT label FROM now WHERE label IS NOT NULL)"
        )
        connection.execute(
            f"INSERT INTO identities SELECT {NODE_HASH}, node, kind, customer, component, time, message_id, why, "
            "because FROM now LEFT JOIN labels USING (label) ORDER BY customer"
        )
        connection.execute(
            f"INSERT INTO identity_links SELECT hash, {_COLUMNS}, coalesce(a.component, b.component) FROM folding "
            "LEFT JOIN (SELECT node, component FROM now LEFT JOIN labels USING (label)) AS a ON a.node = first "
            "LEFT JOIN (SELECT node, component FROM now LEFT JOIN labels USING (label)) AS b ON b.node = second "
            "ORDER BY ALL"
        )


def components(links: list[Link], rules: Rules, shared: frozenset[str]) -> dict[str, str]:
    """One of the ids of its component for each id; none for those that tie nobody, blocked and shared."""
    parents: dict[str, str] = {}

    def root(node: str) -> str:
        while (parent := parents[node]) != node:
            parents[node] = parents[parent]
            node = parents[node]
        return node

    nobodys = {
        node for link in links for node in (link.first, link.second) if node in shared or rules.blocks(value_of(node))
    }
    for link in links:
        ends = [node for node in (link.first, link.second) if node not in nobodys]
        for node in ends:
            parents.setdefault(node, node)
        if len(ends) == 2:
            parents[root(ends[0])] = root(ends[1])
    return {node: root(node) for node in parents}


def _remember(
    connection: duckdb.DuckDBPyConnection, windows: Windows, known: Known, moved: pa.Table
) -> None:  # fmt: skip
    """Lets the units that are held in memory know whose the ids are now."""
    if known.units is None or not moved.num_rows:
        return
    windows.show("moved_ids", moved)
    rows = arrow(
        connection,
        f"SELECT {unit_hash(_CUSTOMER, 'm.id')}, m.new, coalesce(u.first_seen, {NEVER}) AS seen FROM moved_ids AS m "
        "LEFT JOIN units AS u ON u.key = m.new",
    )
    known.units.put(rows["high"].to_numpy(), rows["low"].to_numpy(), rows["new"].to_numpy(), rows["seen"].to_numpy())
