/// \file
/// What the database knows about the migrations of a pack: arango2pg.migration_history.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "pg/migrations_internal.h"

namespace arango2pg::pg {

struct Recorded {
  int number = 0;
  std::string name, checksum;
  std::string state;  ///< applying | applied | failed | stamped | reverting
  std::string applied_at, applied_by, seconds, message;
  /// Statements done of a section that runs statement by statement; nothing: it ran in one
  /// transaction.
  std::optional<int> step;
  std::string steps_checksum;           ///< of the statements done
  std::optional<std::string> position;  ///< where the next batch of the next statement begins
  std::vector<std::string> extensions;  ///< created with this migration, and so
  bool schema_created = false;          ///< was the schema

  [[nodiscard]] bool stands() const { return state == "applied" || state == "stamped"; }
  /// Failed or was killed before anything of it could stay.
  [[nodiscard]] bool left_nothing() const {
    return state == "failed" && step.value_or(0) == 0 && !position;
  }
};

class History {
 public:
  History(Connection& connection, const Pack& pack, std::string schema)
      : connection_(connection), pack_(pack.name), schema_(std::move(schema)) {}

  /// Ascending; empty if there is no control schema yet.
  [[nodiscard]] std::vector<Recorded> read() const;

  // Each of these is one statement, in the open transaction or on its own.
  void applied(const Migration& m, std::chrono::duration<double> took);
  void failed(const Migration& m, const std::string& reason, std::chrono::duration<double> took);
  void stamped(const Migration& m);
  void forget(int number);
  /// Another pack that stands takes over an extension (or, without one, the schema); false if there
  /// is none.
  bool hand_over(const std::optional<std::string>& extension);
  void brought(const Migration& m, const std::vector<std::string>& extensions, bool schema);
  /// `state`: applying or reverting; `done` statements of `steps` are behind us.
  void begin_steps(const Migration& m, const std::string& state, const std::vector<Step>& steps,
                   int done, const std::optional<std::string>& position);
  void step_done(const Migration& m, const std::vector<Step>& steps, int done,
                 const std::optional<std::string>& position = std::nullopt);

 private:
  [[nodiscard]] std::vector<Param> key(int number) const {
    return {pack_, schema_, std::to_string(number)};
  }
  Connection& connection_;
  std::string pack_, schema_;
};

const Recorded* find(const std::vector<Recorded>& recorded, int number);

/// The word of MigrationStatus::state. `m` is null if the file is gone, `r` if nothing is recorded.
std::string state_of(const Migration* m, const Recorded* r);

/// Everything about the past that must be settled before a migration is applied. Throws
/// Error(usage) with the way out.
void check_before_up(const Pack& pack, const std::vector<Recorded>& recorded);
/// The same before the migrations above `keep` are reverted.
void check_before_down(const Pack& pack, const std::vector<Recorded>& recorded, int keep);

/// How many statements of a section were run already in `state` by an earlier call. Throws
/// Error(usage) if those were changed since.
int resume_at(const Migration& m, const std::vector<Step>& steps, const Recorded* r,
              const std::string& state);

}  // namespace arango2pg::pg
