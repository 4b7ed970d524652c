/// \file
/// Runs the sections of a pack's migrations and keeps their history.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "pg/migrations_history_internal.h"
#include "pg/migrations_needs_internal.h"

namespace arango2pg::pg {

class MigrationRun {
 public:
  MigrationRun(Connection& connection, const Pack& pack, const std::string& schema,
               const MigrationControl& control)
      : connection_(connection),
        pack_(pack),
        schema_(schema),
        control_(control),
        history_(connection, pack, schema) {}

  /// `before`: what is recorded of it, null for nothing. `surroundings` are created with it.
  void apply(const Migration& m, const Recorded* before, const Surroundings& surroundings);
  void revert(const Migration& m, const Recorded& before);

 private:
  using Clock = std::chrono::steady_clock;

  /// A section under way.
  struct Way {
    const Migration& m;
    const bool up;
    const std::vector<Step> steps;
    const Clock::time_point start = Clock::now();
    std::size_t at = 0;         ///< the statement that runs
    bool in_doubt = false;      ///< an earlier call was killed while it ran
    std::string sqlstate = {};  ///< of the statement that failed
    int line = 0;               ///< where it failed, in the file; 0 = at COMMIT

    [[nodiscard]] const Step& step() const { return steps[at]; }
    [[nodiscard]] std::chrono::duration<double> took() const { return Clock::now() - start; }
  };

  /// `surroundings` come first on the way up and go last on the way down.
  void run(const Migration& m, bool up, const Recorded* before, const Surroundings& surroundings);
  void run_whole(Way& way, const Surroundings& surroundings);
  void run_by_steps(Way& way, const Recorded* before, const Surroundings& surroundings);
  void run_once(Way& way);
  void run_alone(Way& way);
  void run_batches(Way& way, std::optional<std::string> position);
  std::uint64_t run_batch(Way& way, std::optional<std::string>& position);
  void in_transaction(Way& way, const std::function<void()>& work);
  Rows exec(Way& way, const std::vector<Param>& params = {});
  void surround(Way& way, const Surroundings& surroundings);
  void step_done(Way& way);
  void finish(Way& way, const Surroundings& surroundings);
  void note(const Way& way, const Surroundings& surroundings);
  void record_failure(const Way& way, std::string reason);
  void clean_up(const ConcurrentIndex& index, std::string& hint);
  [[nodiscard]] Error explained(const Way& way, const Error& e, const std::string& blockers) const;

  Connection& connection_;
  const Pack& pack_;
  std::string schema_;
  const MigrationControl& control_;
  History history_;
};

}  // namespace arango2pg::pg
