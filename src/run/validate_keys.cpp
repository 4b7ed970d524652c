#include "run/validate_keys.h"

#include <algorithm>

#include "base/units.h"
#include "doc/big_endian.h"
#include "doc/sketch.h"

namespace arango2pg::run {
namespace {

/// Types whose values are equal exactly if their bytes are.
bool equal_by_bytes(const doc::ColumnType& type) {
  switch (type.kind) {
    case doc::TypeKind::text:
    case doc::TypeKind::varchar:
    case doc::TypeKind::uuid:
    case doc::TypeKind::int2:
    case doc::TypeKind::int4:
    case doc::TypeKind::int8:
    case doc::TypeKind::boolean:
    case doc::TypeKind::timestamptz:
    case doc::TypeKind::timestamp:
    case doc::TypeKind::date:
    case doc::TypeKind::bytea:
    case doc::TypeKind::enumeration:
      return !type.array;
    default:
      return false;
  }
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : ", ") + n;
  return out;
}

/// "WHERE (a IS NOT NULL)" leaves out nothing that could clash.
bool only_not_null(const pg::IndexInfo& index) {
  if (!index.partial) return true;
  return index.columns.size() == 1 &&
         index.definition.ends_with(" WHERE (" + index.columns[0] + " IS NOT NULL)");
}

}  // namespace

KeyCheck::KeyCheck(const RunPlan& plan, const std::map<TableName, pg::TableInfo>& tables,
                   std::uint64_t memory)
    : memory_(memory) {
  // Whether a row is missing is known when all collections that write its table are through.
  const auto waves = plan.waves();
  for (std::size_t w = 0; w < waves.size(); ++w)
    for (const std::uint32_t c : waves[w])
      for (const auto& target : plan.plans[c]->tables()) complete_after_[target.table.name] = w;
  for (const auto& collection : plan.plans) {
    auto& own = collections_.emplace_back();
    for (const auto& target : collection->tables()) own.push_back({&target, {}, {}, 0});
  }
  for (auto& collection : collections_)
    for (Table& table : collection) {
      const auto info = tables.find(table.target->table.name);
      if (info == tables.end()) {
        if (!table.target->is_audit) add_unique(table, "the key", table.target->key);
        continue;
      }
      for (const pg::IndexInfo& index : info->second.indexes) {
        if (!index.unique) continue;
        if (index.expression || !only_not_null(index))
          notes_.push_back("unique index '" + index.name + "' of table '" +
                           table.target->table.name.text() + "': only --probe can check it");
        else
          add_unique(table, "unique index '" + index.name + "'", index.columns);
      }
    }
  for (std::size_t w = 0; w < waves.size(); ++w)
    for (const std::uint32_t c : waves[w])
      for (Table& table : collections_[c])
        if (const auto info = tables.find(table.target->table.name); info != tables.end())
          for (const pg::ForeignKeyInfo& key : info->second.foreign_keys)
            add_foreign(table, key, w);
  std::sort(notes_.begin(), notes_.end());
  notes_.erase(std::unique(notes_.begin(), notes_.end()), notes_.end());
}

bool KeyCheck::positions(const Table& table, const std::vector<std::string>& columns,
                         std::vector<std::size_t>& out) const {
  for (const std::string& name : columns) {
    const auto& list = table.target->columns;
    const auto at = std::find(list.begin(), list.end(), name);
    const doc::Column* column = table.target->table.column(name);
    if (at == list.end() || column == nullptr || !equal_by_bytes(column->type)) return false;
    out.push_back(static_cast<std::size_t>(at - list.begin()));
  }
  return !columns.empty();
}

std::shared_ptr<KeyCheck::Set> KeyCheck::set_of(const TableName& table,
                                                std::vector<std::string> columns) {
  auto& set = sets_[{table, std::move(columns)}];
  if (!set) set = std::make_shared<Set>(Set{{}, table.text(), false});
  return set;
}

void KeyCheck::add_unique(Table& table, const std::string& name,
                          const std::vector<std::string>& columns) {
  // The set is found by foreign keys, too: the order of columns must not matter.
  std::vector<std::string> sorted = columns;
  std::sort(sorted.begin(), sorted.end());
  Key key;
  key.name = name;
  if (!positions(table, sorted, key.columns)) {
    const auto& loaded = table.target->columns;
    const bool filled = std::all_of(columns.begin(), columns.end(), [&](const std::string& c) {
      return std::find(loaded.begin(), loaded.end(), c) != loaded.end();
    });
    if (filled)
      notes_.push_back(name + " (" + list(columns) + ") of table '" +
                       table.target->table.name.text() + "': only --probe can check it");
    return;
  }
  key.set = set_of(table.target->table.name, sorted);
  if (std::any_of(table.unique.begin(), table.unique.end(),
                  [&](const Key& k) { return k.set == key.set; }))
    return;  // a primary key with a unique index beside it
  for (const std::size_t c : key.columns) table.last_column = std::max(table.last_column, c);
  table.unique.push_back(std::move(key));
}

void KeyCheck::add_foreign(Table& table, const pg::ForeignKeyInfo& info, std::size_t wave) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < info.columns.size(); ++i)
    pairs.emplace_back(info.referenced[i], info.columns[i]);
  std::sort(pairs.begin(), pairs.end());
  std::vector<std::string> referenced, own;
  for (const auto& [theirs, mine] : pairs) {
    referenced.push_back(theirs);
    own.push_back(mine);
  }
  Key key;
  key.name = "foreign key '" + info.name + "'";
  const auto& loaded = table.target->columns;
  if (std::none_of(own.begin(), own.end(), [&](const std::string& c) {
        return std::find(loaded.begin(), loaded.end(), c) != loaded.end();
      }))
    return;  // NULL or a default in all rows
  const auto set = sets_.find({info.table, referenced});
  if (set == sets_.end() || complete_after_.at(info.table) >= wave ||
      !positions(table, own, key.columns)) {
    notes_.push_back(key.name + " of table '" + table.target->table.name.text() + "' to '" +
                     info.table.text() + "': only --probe can check it");
    return;
  }
  key.set = set->second;
  for (const std::size_t c : key.columns) table.last_column = std::max(table.last_column, c);
  table.foreign.push_back(std::move(key));
}

/// The fields of a COPY row up to the last one that is asked for.
void KeyCheck::read(const Table& table, std::string_view row, Fields& fields) {
  fields.values.clear();
  fields.null.clear();
  const std::size_t wanted = table.last_column + 1;
  if (table.target->format == doc::CopyFormat::binary) {
    std::size_t at = 2;  // behind the number of fields
    while (fields.values.size() < wanted) {
      const auto size = doc::load_big_endian<std::int32_t>(row.data() + at);
      at += 4;
      fields.null.push_back(size < 0);
      const auto bytes = static_cast<std::size_t>(std::max(size, 0));
      fields.values.push_back(row.substr(at, bytes));
      at += bytes;
    }
    return;
  }
  if (row.ends_with('\n')) row.remove_suffix(1);
  while (fields.values.size() < wanted) {
    const std::size_t end = std::min(row.find('\t'), row.size());
    fields.values.push_back(row.substr(0, end));
    fields.null.push_back(fields.values.back() == "\\N");
    row.remove_prefix(std::min(end + 1, row.size()));
  }
}

/// False: a part is NULL, so the key clashes with nothing and points nowhere.
bool KeyCheck::hash_of(const Key& key, const Fields& fields, std::uint64_t& hash) {
  hash = 0;
  for (const std::size_t c : key.columns) {
    if (fields.null[c]) return false;
    hash = doc::hash_bytes(fields.values[c], hash + 1);
  }
  return true;
}

void KeyCheck::remember(Set& set, std::uint64_t hash) {
  if (set.full) return;
  std::uint64_t all = set.hashes.bytes_to_come();
  for (const auto& [name, other] : sets_)
    if (other.get() != &set) all += other->hashes.bytes_to_come();
  if (all > memory_) {
    set.full = true;
    notes_.push_back("keys of table '" + set.table + "': compared among the first " +
                     format_count(set.hashes.size()) +
                     " rows only, by the limit of --memory; --probe checks all");
    return;
  }
  set.hashes.insert(hash);
}

std::vector<KeyRefusal> KeyCheck::check(const doc::RowBatch& batch) {
  std::vector<KeyRefusal> out;
  auto& tables = collections_[batch.collection];
  std::vector<std::size_t> next(tables.size(), 0);
  std::vector<std::pair<Set*, std::uint64_t>> own;
  for (std::uint32_t d = 0; d < batch.docs.size(); ++d) {
    own.clear();
    std::string rule, message;
    for (std::size_t t = 0; t < tables.size(); ++t) {
      const Table& table = tables[t];
      const doc::TableRows& rows = batch.tables[t];
      for (; next[t] < rows.rows() && rows.row_doc[next[t]] == d; ++next[t]) {
        if (!rule.empty() || (table.unique.empty() && table.foreign.empty())) continue;
        const std::size_t begin = rows.row_begin(next[t]);
        read(table, std::string_view(rows.bytes).substr(begin, rows.row_end[next[t]] - begin),
             fields_);
        std::uint64_t hash = 0;
        for (const Key& key : table.unique) {
          if (!hash_of(key, fields_, hash)) continue;
          const bool within =
              std::find(own.begin(), own.end(), std::pair(key.set.get(), hash)) != own.end();
          if (within || key.set->hashes.contains(hash)) {
            rule = "pg_unique_violation";
            message = key.name + " of table '" + table.target->table.name.text() +
                      "': another document has the same";
            break;
          }
          own.emplace_back(key.set.get(), hash);
        }
        if (!rule.empty()) continue;
        for (const Key& key : table.foreign) {
          if (key.set->full || !hash_of(key, fields_, hash) || key.set->hashes.contains(hash))
            continue;
          rule = "pg_foreign_key_violation";
          message = key.name + ": no row of table '" + key.set->table + "' is there";
          break;
        }
      }
    }
    if (rule.empty())
      for (const auto& [set, hash] : own) remember(*set, hash);
    else
      out.push_back({d, rule, message});
  }
  return out;
}

}  // namespace arango2pg::run
