// Parts, leases and numbers of a run.
#include <set>

#include "pg/ledger.h"
#include "pg/ledger_internal.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

/// Metrics are hourly; refreshing them with each renewal would only cost.
constexpr std::chrono::seconds metrics_every{10};

/// Columns `first` … `first` + 6 of a part or claim query.
doc::PartSpec spec_at(const Rows& rows, std::size_t i, std::size_t first) {
  doc::PartSpec spec;
  spec.collection = rows.text(i, first);
  spec.stream = static_cast<std::uint32_t>(rows.number(i, first + 1));
  spec.kind = rows.text(i, first + 2);
  spec.spec = rows.text(i, first + 3);
  spec.documents = static_cast<std::uint64_t>(rows.number(i, first + 4));
  spec.bytes = static_cast<std::uint64_t>(rows.number(i, first + 5));
  spec.resumable = rows.is_true(i, first + 6);
  return spec;
}

Counters counters_at(const Rows& rows, std::size_t i, std::size_t first) {
  const auto at = [&](std::size_t c) {
    return static_cast<std::uint64_t>(rows.number(i, first + c));
  };
  return {at(0), at(1), at(2), at(3), at(4), at(5), at(6)};
}

std::string bigint(std::uint64_t n) {
  return std::to_string(std::min<std::uint64_t>(n, std::numeric_limits<std::int64_t>::max()));
}

void insert_part(Connection& c, RunId run, const doc::PartSpec& p) {
  c.exec(statement("ledger/add_part.sql"),
         {std::to_string(run), p.collection, std::to_string(p.stream), p.kind, p.spec,
          bigint(p.documents), bigint(p.bytes), p.resumable ? "t" : "f"});
}

}  // namespace

void Ledger::add_part(RunId run, const doc::PartSpec& part) {
  Impl::repeated(*this, [&](Connection& c) { insert_part(c, run, part); });
}

void Ledger::add_parts(RunId run, const std::vector<doc::PartSpec>& parts) {
  std::set<std::string> collections;
  for (const doc::PartSpec& p : parts) collections.insert(p.collection);
  Impl::repeated(*this, [&](Connection& c) {
    Transaction transaction(c);
    c.exec("SELECT FROM arango2pg.run WHERE id = $1::bigint FOR UPDATE", {std::to_string(run)});
    const Rows there = c.exec(
        "SELECT DISTINCT collection FROM arango2pg.part WHERE run_id = $1::bigint "
        "AND collection = ANY ($2::text[])",
        {std::to_string(run), array_literal({collections.begin(), collections.end()})});
    std::set<std::string> planned;
    for (std::size_t i = 0; i < there.size(); ++i) planned.insert(there.text(i, 0));
    for (const doc::PartSpec& p : parts) {
      if (planned.contains(p.collection)) continue;
      insert_part(c, run, p);
    }
    transaction.commit();
  });
}

std::vector<PartRecord> Ledger::parts(RunId run) {
  return Impl::repeated(*this, [&](Connection& c) {
    const Rows rows = c.exec(statement("ledger/parts.sql"), {std::to_string(run)});
    std::vector<PartRecord> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
      out.push_back({rows.number(i, 0), spec_at(rows, i, 1), rows.text(i, 8), rows.text(i, 9),
                     counters_at(rows, i, 10)});
    return out;
  });
}

std::uint64_t Ledger::open_parts(RunId run, const std::vector<std::string>& collections) {
  return Impl::repeated(*this, [&](Connection& c) {
    return static_cast<std::uint64_t>(
        c.exec("SELECT count(*) FROM arango2pg.part WHERE run_id = $1::bigint "
               "AND state <> 'done' AND collection = ANY ($2::text[])",
               {std::to_string(run), array_literal(collections)})
            .number(0, 0));
  });
}

std::optional<Claim> Ledger::claim(RunId run,
                                   const std::map<std::string, std::uint32_t>& collections,
                                   std::chrono::seconds lease) {
  std::vector<std::string> names;
  for (const auto& [name, index] : collections) names.push_back(name);
  const std::string token = random_token();
  return Impl::repeated(*this, [&](Connection& c) -> std::optional<Claim> {
    const Rows rows = c.exec(
        statement("ledger/claim.sql"),
        {std::to_string(run), array_literal(names), worker_, std::to_string(lease.count()), token});
    if (rows.empty()) return std::nullopt;
    Claim claim;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      doc::PartSpec spec = spec_at(rows, i, 1);
      const std::uint32_t index = collections.at(spec.collection);
      claim.parts.push_back({rows.number(i, 0), index, std::move(spec), rows.text(i, 8)});
      claim.epoch = std::max(claim.epoch, rows.number(i, 9));
    }
    return claim;
  });
}

void Ledger::renew(RunId run, std::chrono::seconds lease) {
  Impl::repeated(*this, [&](Connection& c) {
    c.exec(statement("ledger/renew.sql"),
           {std::to_string(run), worker_, std::to_string(lease.count())});
    const auto now = std::chrono::steady_clock::now();
    if (now - impl_->metrics_at < metrics_every) return;
    c.exec("SELECT arango2pg.refresh_run_metric($1::bigint)", {std::to_string(run)});
    impl_->metrics_at = now;
  });
}

void Ledger::release(RunId run) {
  Impl::repeated(*this, [&](Connection& c) {
    c.exec(statement("ledger/release.sql"), {std::to_string(run), worker_});
  });
}

void Ledger::restart_part(RunId run, PartId part) {
  Impl::repeated(*this, [&](Connection& c) {
    Transaction transaction(c);
    const Rows restarted =
        c.exec(statement("ledger/restart_part.sql"), {std::to_string(run), std::to_string(part)});
    if (restarted.affected == 1) {
      c.exec("DELETE FROM arango2pg.quarantine WHERE part_id = $1::bigint", {std::to_string(part)});
      c.exec("DELETE FROM arango2pg.audit_log WHERE part_id = $1::bigint", {std::to_string(part)});
    }
    transaction.commit();
  });
}

std::map<std::string, Counters> Ledger::counters(RunId run) {
  return Impl::repeated(*this, [&](Connection& c) {
    const Rows rows = c.exec(statement("ledger/counters.sql"), {std::to_string(run)});
    std::map<std::string, Counters> out;
    for (std::size_t i = 0; i < rows.size(); ++i) out[rows.text(i, 0)] = counters_at(rows, i, 1);
    return out;
  });
}

std::map<std::string, doc::MappingNotes> Ledger::notes(RunId run) {
  return Impl::repeated(*this, [&](Connection& c) {
    const Rows rows = c.exec(statement("ledger/notes.sql"), {std::to_string(run)});
    std::map<std::string, doc::MappingNotes> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      doc::MappingNotes& notes = out[rows.text(i, 0)];
      const std::string section = rows.text(i, 1);
      const std::string name = rows.text(i, 2);
      const auto count = static_cast<std::uint64_t>(rows.number(i, 3));
      if (section == "defaults_used") notes.defaults_used[name] = count;
      if (section == "warnings") notes.warnings[name] = count;
      if (section == "unmapped")
        notes.unmapped[name] = {count, static_cast<std::uint64_t>(rows.number(i, 4))};
    }
    return out;
  });
}

}  // namespace arango2pg::pg
