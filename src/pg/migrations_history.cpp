#include "pg/migrations_history_internal.h"

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "pg/text_internal.h"

namespace arango2pg::pg {
namespace {

std::string seconds(std::chrono::duration<double> took) { return std::to_string(took.count()); }

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

std::vector<std::string> cut_at_commas(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string word; std::getline(in, word, ',');) out.push_back(word);
  return out;
}

}  // namespace

std::vector<Recorded> History::read() const {
  if (!connection_.exec("SELECT pg_catalog.to_regclass('arango2pg.migration_history') IS NOT NULL")
           .is_true(0, 0))
    return {};
  const Rows rows = connection_.exec(statement("migrations/history.sql"), {pack_, schema_});
  std::vector<Recorded> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Recorded r;
    r.number = static_cast<int>(rows.number(i, 0));
    r.name = rows.text(i, 1);
    r.checksum = rows.text(i, 2);
    r.state = rows.text(i, 3);
    r.applied_at = rows.text(i, 4);
    r.applied_by = rows.text(i, 5);
    r.seconds = rows.text(i, 6);
    r.message = rows.text(i, 7);
    if (rows[i][8]) r.step = static_cast<int>(rows.number(i, 8));
    r.steps_checksum = rows.text(i, 9);
    r.position = rows[i][10];
    r.extensions = cut_at_commas(rows.text(i, 11));
    r.schema_created = rows.is_true(i, 12);
    out.push_back(std::move(r));
  }
  return out;
}

void History::applied(const Migration& m, std::chrono::duration<double> took) {
  auto values = key(m.number);
  values.insert(values.end(), {m.name, m.checksum, "applied", seconds(took)});
  connection_.exec(statement("migrations/applied.sql"), values);
}

void History::failed(const Migration& m, const std::string& reason,
                     std::chrono::duration<double> took) {
  auto values = key(m.number);
  values.insert(values.end(), {m.name, m.checksum, reason, seconds(took)});
  connection_.exec(statement("migrations/failed.sql"), values);
}

void History::stamped(const Migration& m) {
  auto values = key(m.number);
  values.insert(values.end(), {m.name, m.checksum});
  connection_.exec(statement("migrations/stamped.sql"), values);
}

void History::forget(int number) {
  connection_.exec(statement("migrations/forget.sql"), key(number));
}

void History::brought(const Migration& m, const std::vector<std::string>& extensions, bool schema) {
  auto values = key(m.number);
  values.insert(values.end(), {joined(extensions), schema ? "true" : "false"});
  connection_.exec(statement("migrations/brought.sql"), values);
}

bool History::hand_over(const std::optional<std::string>& extension) {
  return !connection_.exec(statement("migrations/hand_over.sql"), {pack_, schema_, extension})
              .empty();
}

void History::begin_steps(const Migration& m, const std::string& state,
                          const std::vector<Step>& steps, int done,
                          const std::optional<std::string>& position) {
  auto values = key(m.number);
  values.insert(values.end(), {m.name, m.checksum, state, std::to_string(done),
                               checksum_of(steps, static_cast<std::size_t>(done)), position});
  connection_.exec(statement("migrations/begin_steps.sql"), values);
}

void History::step_done(const Migration& m, const std::vector<Step>& steps, int done,
                        const std::optional<std::string>& position) {
  auto values = key(m.number);
  values.insert(values.end(), {std::to_string(done),
                               checksum_of(steps, static_cast<std::size_t>(done)), position});
  connection_.exec(statement("migrations/step_done.sql"), values);
}

const Recorded* find(const std::vector<Recorded>& recorded, int number) {
  const auto at = std::find_if(recorded.begin(), recorded.end(),
                               [&](const Recorded& r) { return r.number == number; });
  return at == recorded.end() ? nullptr : &*at;
}

std::string state_of(const Migration* m, const Recorded* r) {
  if (r == nullptr) return "pending";
  if (r->left_nothing()) return m == nullptr ? "vanished" : "failed";
  if (r->state == "applying" || r->state == "failed") return "half-applied";
  if (r->state == "reverting") return "half-reverted";
  if (m == nullptr) return "vanished";
  return r->checksum == m->checksum ? r->state : "edited";
}

namespace {

const Migration* file_if_any(const Pack& pack, int number) {
  return number <= static_cast<int>(pack.migrations.size())
             ? &pack.migrations[static_cast<std::size_t>(number - 1)]
             : nullptr;
}

std::string when(const Recorded& r) { return r.applied_at + " by " + r.applied_by; }

void refuse_vanished(const Pack& pack, const Recorded& r) {
  throw Error(Exit::usage,
              "migration '" + r.name + "' was applied here (" + when(r) + "), but pack '" +
                  pack.name + "' has no such file",
              "Use the version of the pack (or of this program) that the database was built with, "
              "or a newer one; the file is needed to go up or down from here. If it was taken away "
              "for good and undone by hand, record that with `arango2pg schema stamp --to " +
                  std::to_string(pack.migrations.size()) + " --yes`.");
}

void refuse_edited(const Migration& m, const Recorded& r, int last) {
  if (m.name != r.name)
    throw Error(
        Exit::usage,
        "number " + std::to_string(m.number) + " was applied as '" + r.name + "' (" + when(r) +
            "), but the pack now has '" + m.name + "' in its place",
        "Put '" + r.name + ".sql' back and give '" + m.name + "' a number after the last one.");
  throw Error(Exit::usage,
              "migration '" + m.name + "' was changed after it was applied (" + when(r) + ")",
              "Put the up section of " + m.file +
                  " back as it was and write the change as a new migration; if the database has "
                  "the change already, record that with `arango2pg schema stamp --to " +
                  std::to_string(last) + "`.");
}

}  // namespace

void check_before_up(const Pack& pack, const std::vector<Recorded>& recorded) {
  const Recorded* missing_before = nullptr;
  int expected = 1;
  for (const Recorded& r : recorded) {
    const Migration* m = file_if_any(pack, r.number);
    const std::string state = state_of(m, &r);
    if (state == "half-reverted")
      throw Error(Exit::usage, "migration '" + r.name + "' is half reverted: " + r.message,
                  "Finish that first with `arango2pg schema down --to " +
                      std::to_string(r.number - 1) +
                      " --yes`: it goes on where it stopped. Or settle it by hand and record the "
                      "state with `arango2pg schema stamp`.");
    if (m == nullptr && !r.left_nothing()) refuse_vanished(pack, r);
    if (state == "edited") refuse_edited(*m, r, recorded.back().number);
    if (r.number != expected && missing_before == nullptr) missing_before = &r;
    ++expected;
  }
  if (missing_before != nullptr)
    throw Error(
        Exit::usage,
        "migration '" + missing_before->name + "' is applied, but an earlier one is not recorded",
        "If the database has the earlier ones, record them with `arango2pg schema stamp "
        "--to " +
            std::to_string(recorded.back().number) + "`.");
}

/// What was only recorded was there before the pack: its tables hold somebody's rows.
[[noreturn]] void refuse_stamped(const Migration& m, int keep) {
  throw Error(
      Exit::usage,
      "migration '" + m.name +
          "' was stamped, not run: what it stands for was there before the pack, and down "
          "would drop it",
      "Stop at `--to " + std::to_string(m.number) +
          "`. To make the history forget it and touch nothing else: `arango2pg schema stamp "
          "--to " +
          std::to_string(std::min(keep, m.number - 1)) + " --yes`.");
}

void check_before_down(const Pack& pack, const std::vector<Recorded>& recorded, int keep) {
  for (auto r = recorded.rbegin(); r != recorded.rend() && r->number > keep; ++r) {
    if (r->left_nothing()) continue;
    const Migration* m = file_if_any(pack, r->number);
    if (m == nullptr) refuse_vanished(pack, *r);
    if (r->state == "stamped") refuse_stamped(*m, keep);
    if (r->stands() && r->checksum != m->checksum) refuse_edited(*m, *r, recorded.back().number);
    if (m->down.empty())
      throw Error(Exit::usage,
                  "migration '" + m->name + "' can't be reversed: " + m->file +
                      " has no section '-- migrate:down'",
                  "Write one (it may be added later), or restore a backup.");
  }
}

int resume_at(const Migration& m, const std::vector<Step>& steps, const Recorded* r,
              const std::string& state) {
  if (r == nullptr || r->step.value_or(0) == 0) return 0;
  const bool same_way = state == "reverting" ? r->state == "reverting"
                                             : r->state == "applying" || r->state == "failed";
  if (!same_way) return 0;
  const int done = *r->step;
  if (!m.transaction && done <= static_cast<int>(steps.size()) &&
      checksum_of(steps, static_cast<std::size_t>(done)) == r->steps_checksum)
    return done;
  throw Error(Exit::usage,
              "migration '" + m.name + "' stopped after " + std::to_string(done) +
                  " statements, and what ran already was changed in " + m.file + " since",
              "Put the first " + std::to_string(done) +
                  " statements back as they were: only what did not run yet may be corrected. Or "
                  "settle the migration by hand and record it with `arango2pg schema stamp --to " +
                  std::to_string(m.number) + "` (finished) or `--to " +
                  std::to_string(m.number - 1) + " --yes` (undone).");
}

}  // namespace arango2pg::pg
