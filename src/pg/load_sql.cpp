// The statements of a table's load.
#include <algorithm>

#include "pg/load_rows_internal.h"
#include "pg/text_internal.h"

#include "base/text.h"

namespace arango2pg::pg {
namespace {

std::string temporary(const char* what, std::size_t collection, std::size_t index) {
  return std::string("pg_temp.arango2pg_") + what + "_" + std::to_string(collection) + "_" +
         std::to_string(index);
}

/// "a.x = b.y AND …" for columns that belong together.
std::string joined(const std::string& a, const std::vector<std::string>& x, const std::string& b,
                   const std::vector<std::string>& y) {
  std::string out;
  for (std::size_t i = 0; i < x.size(); ++i)
    out += (i == 0 ? "" : " AND ") + a + "." + quote(x[i]) + " = " + b + "." + quote(y[i]);
  return out;
}

/// One table of a collection and the names of its temporary tables.
class TableWriter {
 public:
  TableWriter(const LoadCollection& collection, std::size_t number, std::size_t index)
      : collection_(collection),
        number_(number),
        index_(index),
        table_(collection.tables[index]),
        name_(quote(table_.name)),
        stage_(temporary("stage", number, index)),
        doomed_(temporary("doomed", number, index)),
        seen_(temporary("seen", number, index)) {}

  TableSql sql() const {
    const std::string format =
        table_.format == doc::CopyFormat::binary ? " FROM STDIN (FORMAT binary)" : " FROM STDIN";
    const std::string columns = " (" + quoted_list(table_.columns) + ")";
    TableSql out;
    if (!table_.merge) {
      out.copy = "COPY " + name_ + columns + format;
      return out;
    }
    out.copy = "COPY " + stage_ + columns + format;
    // Types only: constraints are the target's business, and generated columns don't come.
    out.create = create(stage_, quoted_list(table_.columns)) + "; " +
                 create(doomed_, quoted_list(table_.key));
    out.clear = "TRUNCATE " + stage_ + ", " + doomed_;
    out.merge = merge();
    out.remove = remove();
    if (table_.parent >= 0) {
      out.skip_outdated = skip_children();
      out.doom = doom_children();
    } else {
      out.skip_outdated = skip_outdated();
      if (with_changes()) add_changes(out, format);
    }
    return out;
  }

 private:
  [[nodiscard]] bool with_changes() const { return collection_.changes && table_.parent < 0; }
  [[nodiscard]] bool soft() const { return table_.gone == Gone::soft; }
  [[nodiscard]] const LoadTable& parent() const {
    return collection_.tables[static_cast<std::size_t>(table_.parent)];
  }

  [[nodiscard]] std::string create(const std::string& what, const std::string& columns) const {
    return "CREATE TEMPORARY TABLE " + what.substr(what.find('.') + 1) +
           " ON COMMIT DELETE ROWS AS SELECT " + columns + " FROM " + name_ + " WITH NO DATA";
  }

  void add_changes(TableSql& out, const std::string& format) const {
    const std::string identity = quoted_list(table_.identity);
    out.create +=
        "; " + create(seen_, identity +
                                 ", NULL::text AS arango2pg_key, NULL::bigint AS "
                                 "arango2pg_revision, NULL::boolean AS arango2pg_removed, "
                                 "NULL::bigint AS arango2pg_part");
    out.clear += ", " + seen_;
    out.copy_seen = "COPY " + seen_ + format;
    out.note = note();
    if (table_.gone == Gone::keep) return;
    out.doom = "INSERT INTO " + doomed_ + " SELECT DISTINCT " + quoted_list(table_.key, "t.") +
               " FROM " + seen_ + " n JOIN " + name_ + " t ON " + is_of_seen("t") + " WHERE " +
               not_newer_than_seen() + " AND " + live("t") + not_staged();
    if (!table_.seen.empty()) add_unseen(out);
    out.doom_all = "INSERT INTO " + doomed_ + " SELECT " + quoted_list(table_.key, "t.") +
                   " FROM " + name_ + " t WHERE " + live("t") + not_staged();
  }

  /// A row without revision is none of ours.
  void add_unseen(TableSql& out) const {
    out.doom_unseen = "INSERT INTO " + doomed_ + " SELECT " + quoted_list(table_.key, "t.") +
                      " FROM " + name_ + " t WHERE " + live("t");
    if (!table_.revision.empty())
      out.doom_unseen += " AND t." + quote(table_.revision) + " IS NOT NULL";
    for (const LoadTable::Seen& seen : table_.seen)
      out.doom_unseen += " AND NOT EXISTS (SELECT FROM " + quote(seen.table) + " n WHERE " +
                         joined("t", seen.identity, "n", seen.identity) + ")";
    const std::string key = table_.key_column.empty() ? quote(table_.identity.front()) + "::text"
                                                      : quote(table_.key_column);
    out.note_unseen = "INSERT INTO pg_temp.arango2pg_changes SELECT " + std::to_string(number_) +
                      ", NULL, t." + key + ", NULL, true, true, " +
                      (table_.revision.empty() ? "NULL" : "t." + quote(table_.revision)) +
                      ", false, true FROM " + doomed_ + " d JOIN " + name_ + " t ON " +
                      joined("d", table_.key, "t", table_.key);
  }

  [[nodiscard]] std::string is_of_seen(const std::string& alias) const {
    return joined(alias, table_.identity, "n", table_.identity);
  }
  [[nodiscard]] std::string live(const std::string& alias) const {
    return soft() ? alias + ".deleted_at IS NULL" : "true";
  }
  [[nodiscard]] std::string not_newer_than_seen() const {
    if (table_.revision.empty()) return "true";
    const std::string revision = "t." + quote(table_.revision);
    return "(n.arango2pg_revision IS NULL OR " + revision + " IS NULL OR " + revision +
           " <= n.arango2pg_revision)";
  }
  /// Two mappings of a collection may write the same table: a row is staged by either.
  [[nodiscard]] std::string not_staged() const {
    std::string out;
    for (std::size_t i = 0; i < collection_.tables.size(); ++i) {
      const LoadTable& other = collection_.tables[i];
      if (other.merge && other.parent < 0 && other.name == table_.name)
        out += " AND NOT EXISTS (SELECT FROM " + temporary("stage", number_, i) + " s WHERE " +
               joined("s", table_.key, "t", table_.key) + ")";
    }
    return out;
  }

  /// With changes, a row that has the revision already is left alone, unless it was deleted: then
  /// it comes back. A removal in the same batch makes way for whatever came after it.
  [[nodiscard]] std::string skip_outdated() const {
    if (table_.revision.empty()) return {};
    const std::string theirs = "t." + quote(table_.revision);
    const std::string ours = "s." + quote(table_.revision);
    std::string sql = "DELETE FROM " + stage_ + " s USING " + name_ + " t WHERE " +
                      joined("s", table_.key, "t", table_.key) + " AND ";
    if (!with_changes()) return sql + theirs + " > " + ours;
    // A row of another document is no measure.
    if (table_.identity != table_.key)
      sql += joined("s", table_.identity, "t", table_.identity) + " AND ";
    return sql + theirs + " >= " + ours + " AND " + live("t") + " AND NOT EXISTS (SELECT FROM " +
           seen_ + " n WHERE n.arango2pg_removed AND " + is_of_seen("t") + " AND " +
           not_newer_than_seen() + ")";
  }

  /// Children of documents that are not written.
  [[nodiscard]] std::string skip_children() const {
    return "DELETE FROM " + stage_ + " s WHERE NOT EXISTS (SELECT FROM " + parent_stage() +
           " p WHERE " + joined("s", table_.parent_key, "p", parent().key) + ")";
  }
  [[nodiscard]] std::string parent_stage() const {
    return temporary("stage", number_, static_cast<std::size_t>(table_.parent));
  }

  /// Rows that a written document no longer has; where the parent's row goes, all of them.
  [[nodiscard]] std::string doom_children() const {
    const auto of = [&](const std::string& parents) {
      return "SELECT " + quoted_list(table_.key, "c.") + " FROM " + parents + " p JOIN " + name_ +
             " c ON " + joined("c", table_.parent_key, "p", parent().key) + " WHERE " + live("c");
    };
    std::string sql = "INSERT INTO " + doomed_ + " " + of(parent_stage()) +
                      " AND NOT EXISTS (SELECT FROM " + stage_ + " s WHERE " +
                      joined("s", table_.key, "c", table_.key) + ")";
    // A nested child's parent is a child itself, whose rows may go one by one.
    if (table_.gone != Gone::keep || (parent().parent >= 0 && parent().gone != Gone::soft))
      sql += " UNION " + of(temporary("doomed", number_, static_cast<std::size_t>(table_.parent)));
    return sql;
  }

  [[nodiscard]] std::string remove() const {
    const std::string which = doomed_ + " d WHERE " + joined("t", table_.key, "d", table_.key);
    if (soft()) return "UPDATE " + name_ + " t SET deleted_at = clock_timestamp() FROM " + which;
    return "DELETE FROM " + name_ + " t USING " + which;
  }

  [[nodiscard]] std::string note() const {
    const std::string key = quote(table_.key.front());
    const std::string revision =
        table_.revision.empty() ? "NULL::bigint" : "t." + quote(table_.revision);
    return "INSERT INTO pg_temp.arango2pg_changes SELECT " + std::to_string(number_) +
           ", n.arango2pg_part, n.arango2pg_key, n.arango2pg_revision, n.arango2pg_removed, t." +
           key + " IS NOT NULL AND " + live("t") + ", " + revision + ", EXISTS (SELECT FROM " +
           stage_ + " s WHERE " + is_of_seen("s") + "), EXISTS (SELECT FROM " + doomed_ +
           " d WHERE " + joined("d", table_.key, "t", table_.key) + ") FROM " + seen_ +
           " n LEFT JOIN " + name_ + " t ON " + is_of_seen("t");
  }

  /// INSERT … ON CONFLICT from the staging table. Of several rows with one key the newest wins,
  /// then the last that was sent.
  [[nodiscard]] std::string merge() const {
    const std::string revision = table_.revision.empty() ? "" : quote(table_.revision);
    std::string sets;
    for (const std::string& c : table_.columns)
      if (!contains(table_.key, c))
        sets += (sets.empty() ? "" : ", ") + quote(c) + " = excluded." + quote(c);
    if (soft() && !contains(table_.columns, "deleted_at"))
      sets += std::string(sets.empty() ? "" : ", ") + "deleted_at = NULL";
    std::string sql = "INSERT INTO " + name_ + " AS target (" + quoted_list(table_.columns) +
                      ") SELECT " + quoted_list(table_.columns) + " FROM (SELECT DISTINCT ON (" +
                      quoted_list(table_.key) + ") * FROM " + stage_ + " ORDER BY " +
                      quoted_list(table_.key) +
                      (revision.empty() ? "" : ", " + revision + " DESC NULLS LAST") +
                      ", ctid DESC) staged ON CONFLICT (" + quoted_list(table_.key) + ") DO ";
    sql += sets.empty() ? "NOTHING" : "UPDATE SET " + sets;
    // What is older has been taken out of the staging table; this is for rows that somebody else
    // has written meanwhile.
    if (!sets.empty() && !revision.empty() && !collection_.changes)
      sql += " WHERE target." + revision + " IS NULL OR excluded." + revision + " >= target." +
             revision;
    // What was there before is counted by the statement's own snapshot: the usual look at xmax does
    // not work for partitioned tables.
    if (collection_.changes) return sql;  // they are counted by document
    return "WITH merged AS (" + sql +
           " RETURNING 1) SELECT (SELECT count(*) FROM merged), (SELECT count(*) FROM (SELECT "
           "DISTINCT " +
           quoted_list(table_.key) + " FROM " + stage_ + ") s WHERE NOT EXISTS (SELECT FROM " +
           name_ + " t WHERE " + joined("t", table_.key, "s", table_.key) + "))";
  }

  const LoadCollection& collection_;
  const std::size_t number_, index_;
  const LoadTable& table_;
  const std::string name_, stage_, doomed_, seen_;
};

}  // namespace

const char* const create_changes =
    "CREATE TEMPORARY TABLE arango2pg_changes (collection integer, part bigint, key text, "
    "revision bigint, removed boolean, existed boolean, old_revision bigint, written boolean, "
    "gone boolean) ON COMMIT DELETE ROWS";

TableSql table_sql(const LoadCollection& collection, std::size_t number, std::size_t index) {
  return TableWriter(collection, number, index).sql();
}

}  // namespace arango2pg::pg
